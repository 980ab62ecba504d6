import Glibc

/// The mean of the Kullback-Leibler divergence KL(reference ‖ other), in nats, between the distributions
/// that the softmax makes of logits.
///
/// - Parameter reference: logits `[examples, classes]`, row by row; the teacher's, whose distribution is the
///   expectation's.
/// - Parameter other: as many.
/// - Precondition: both hold whole rows, as many.
public func meanDivergence(of other: [Float], from reference: [Float], classes: Int) -> Double {
  precondition(classes > 0 && other.count == reference.count && other.count % classes == 0)
  guard !other.isEmpty else { return 0 }
  var sum = 0.0
  for start in stride(from: 0, to: other.count, by: classes) {
    let p = logSoftmax(reference[start..<start + classes])
    let q = logSoftmax(other[start..<start + classes])
    for (p, q) in zip(p, q) where p > -.infinity { sum += exp(p) * (p - q) }
  }
  return sum / Double(other.count / classes)
}

private func logSoftmax(_ logits: ArraySlice<Float>) -> [Double] {
  let greatest = Double(logits.max() ?? 0)
  let shifted = logits.map { Double($0) - greatest }
  let total = log(shifted.reduce(0) { $0 + exp($1) })
  return shifted.map { $0 - total }
}
