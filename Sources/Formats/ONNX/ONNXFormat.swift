import Checkpoints
import Tensors

/// A model in ONNX: of any the weights are read, also those that lie in files beside it; written are graphs that can be run.
package struct ONNXFormat: Format {
  package init() {}

  package let name = "onnx"
  package let summary =
    "ONNX: weights of any model, also 8-bit; encoders as graphs that can be run"
  package let extensions = [".onnx"]
  package let carries: Capabilities = [.reading, .writing, .metadata, .graph]
  package let naming = NameStyle.flat
  package let folderNames = ["model.onnx"]

  /// A model begins with its version, then who made it.
  package func recognizes(_ prefix: [UInt8], path: String) -> Bool {
    if path.hasSuffix(extensions[0]) { return true }
    guard prefix.count > 8, prefix[0] == 0x08, (3...20).contains(prefix[1]), prefix[2] == 0x12,
      (1...64).contains(prefix[3])
    else { return false }
    return prefix[4...].prefix(min(4, Int(prefix[3]))).allSatisfy { (0x20..<0x7F).contains($0) }
  }

  package func read(_ path: String, options: ReadOptions) throws -> Container {
    let file = try InputFile(path, access: options.access)
    do {
      let weights = try ONNXWeights(ONNXGraph(file), in: file)
      return Container(
        format: name, files: [path] + weights.others.map(\.path),
        byteCount: weights.others.reduce(file.byteCount) { $0 + $1.byteCount },
        tensors: weights.tensors, foreign: weights.foreign, metadata: weights.metadata,
        naming: naming, diagnostics: weights.diagnostics)
    } catch let failure as Failure {
      throw failure.within(Place(file: path))
    }
  }
}
