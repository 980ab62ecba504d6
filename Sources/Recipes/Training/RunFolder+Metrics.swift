import Tensors
import Training

extension RunFolder {
  /// Keeps a copy of what the run has noted of itself, whole or not at all.
  func keepMetrics(at target: String) throws {
    let input = try InputFile(metricsPath)
    try OutputTransaction.write(try input.bytes(0..<input.byteCount), to: target)
  }
}
