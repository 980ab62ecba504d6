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
    let file = SequentialOutput(try output.makeFile("model.native"))
    try NativeDump.write(model.checkpoint) { try file.write("\($0)\n".utf8) }
    try file.finish()
    try output.commit()
    return model.checkpoint.diagnostics
  }
}
