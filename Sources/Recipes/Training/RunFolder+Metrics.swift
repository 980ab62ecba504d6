import Tensors
import Training

extension RunFolder {
  /// Keeps a copy of what the run has noted of itself, whole or not at all.
  func keepMetrics(at target: String) throws {
    let input = try InputFile(metricsPath)
    let output = try OutputTransaction(.file(target), replacing: true)
    let file = SequentialOutput(try output.makeFile("metrics"))
    try file.write(try input.bytes(0..<input.byteCount))
    try file.finish()
    try output.commit()
  }
}
