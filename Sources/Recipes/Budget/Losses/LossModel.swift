import Checkpoints
import Glibc
import Tensors

/// What the error of one matrix costs the whole model, as a few trials on the real encoder have shown.
///
/// KL grows with the squared error while errors are small, and slower when they are not: loss = a · error^b through the middle
/// of the measured points.
struct LossModel: Sendable {
  private let scale: Double
  private let exponent: Double

  /// - Parameter measured: errors and losses, the smaller error first.
  init(_ measured: [(error: Double, loss: Double)]) {
    let points = measured.filter { $0.error > 0 && $0.loss > 0 }
    guard let first = points.first, let last = points.last else {
      (scale, exponent) = (0, 1)
      return
    }
    var slope = 1.0
    if points.count > 1, last.error > first.error * 1.01 {
      slope = log(last.loss / first.loss) / log(last.error / first.error)
      slope = min(1.6, max(0.6, slope))
    }
    let logs = points.map { log($0.loss) - slope * log($0.error) }
    exponent = slope
    scale = exp(logs.reduce(0, +) / Double(logs.count))
  }

  func loss(error: Double) -> Double { error > 0 ? scale * pow(error, exponent) : 0 }
}
