import Tensors

/// How long gradients may be.
package enum Clipping: Sendable, Equatable {
  case none
  /// All gradients together, as PyTorch's `clip_grad_norm_`.
  case global(Double)
  /// Each parameter's by itself, as BERT's published optimizer in its PyTorch form.
  case parameter(Double)

  /// What a parameter's gradient is multiplied by.
  func coefficient(of own: Double, in norm: Double) -> Double {
    switch self {
    case .none: 1
    case .global(let limit): min(1, limit / (norm + 1e-6))
    case .parameter(let limit): min(1, limit / (own + 1e-6))
    }
  }
}

extension Optimizer {
  /// The lengths of gradients, without what masks take from them.
  ///
  /// Squares are added in double precision, in pieces and an order that are always the same.
  func gradientNorms(of parameters: [TrainableParameter]) throws -> [Double] {
    var pieces: [NormPiece] = []
    for (index, parameter) in parameters.enumerated() {
      let count = parameter.gradient.count
      for range in parts(of: count, by: 1 << 16) {
        pieces.append(
          NormPiece(number: pieces.count, owner: index, parameter: parameter, range: range))
      }
    }
    let sums = PieceSums(count: pieces.count)
    try Workers.forEach(pieces, threads: threads) { sums.values[$0.number] = $0.sum() }
    var squares = [Double](repeating: 0, count: parameters.count)
    for piece in pieces { squares[piece.owner] += sums.values[piece.number] }
    return squares.map { $0.squareRoot() }
  }
}

/// A part of a gradient whose squares are added up.
private struct NormPiece: @unchecked Sendable {
  let number: Int
  let owner: Int
  let parameter: TrainableParameter
  let range: Range<Int>

  func sum() -> Double {
    switch parameter.gradient {
    case .dense(let gradient):
      if let mask = parameter.mask {
        return range.reduce(0) {
          mask.start[$1] == 0 ? $0 : $0 + Double(gradient.start[$1]) * Double(gradient.start[$1])
        }
      }
      return sumOfSquares(
        UnsafeBufferPointer(start: gradient.start + range.lowerBound, count: range.count))
    case .rows(let gradient):
      return gradient.values[range].withUnsafeBufferPointer(sumOfSquares)
    }
  }
}

/// A sum for each piece, each written by one thread.
private final class PieceSums: @unchecked Sendable {
  let values: UnsafeMutableBufferPointer<Double>

  init(count: Int) {
    values = .allocate(capacity: count)
    values.initialize(repeating: 0)
  }

  deinit { values.deallocate() }
}

/// In eight sums side by side, which are added at the end.
func sumOfSquares(_ values: UnsafeBufferPointer<Float>) -> Double {
  var sums = SIMD8<Double>(repeating: 0)
  let whole = values.count / 8 * 8
  for start in stride(from: 0, to: whole, by: 8) {
    let some = SIMD8<Double>(
      UnsafeRawPointer(values.baseAddress! + start).loadUnaligned(as: SIMD8<Float>.self))
    sums += some * some
  }
  var sum = sums.sum()
  for value in values[whole...] { sum += Double(value) * Double(value) }
  return sum
}

extension Gradient {
  /// How many numbers it consists of.
  var count: Int {
    switch self {
    case .dense(let gradient): gradient.count
    case .rows(let gradient): gradient.values.count
    }
  }
}
