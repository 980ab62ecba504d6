import Checkpoints
import Reports
import Tensors

/// The text dump of the representation as an output of a conversion.
public enum NativeOutput {
  public static let formatName = "native"

  /// Whether an output's name asks for it.
  public static func isNamed(_ destination: Destination) -> Bool {
    destination.path.hasSuffix(".native")
  }

  /// Writes the dump of a model.
  ///
  /// - Returns: what the user should know of the model.
  public static func write(
    _ model: Model, to destination: Destination, replacing: Bool
  ) throws -> [Diagnostic] {
    let output = try OutputTransaction(destination, replacing: replacing)
    let file = try output.makeFile("model.native")
    var offset = 0
    try NativeDump.write(model.checkpoint) { line in
      let bytes = [UInt8]((line + "\n").utf8)
      try file.write(bytes, at: offset)
      offset += bytes.count
    }
    try output.commit()
    return model.checkpoint.diagnostics
  }
}
