import Checkpoints
import Tensors

/// Makes composed storage dense: multiplies factors out, fills masks with zeros, decodes codes.
package struct Merge: Pass {
  package static let declaration = PassDeclaration(
    name: "merge",
    summary: "Makes factors, sparse and quantized values dense again.",
    options: PassOption.selection)

  private let arguments: PassArguments

  package init(_ arguments: PassArguments) throws { self.arguments = arguments }

  package func apply(to checkpoint: Checkpoint, in context: PassContext) throws -> Checkpoint {
    let composed = { (parameter: Parameter) in parameter.storage.dense == nil }
    let roles = try checkpoint.selected(
      arguments, for: Self.declaration.name, usual: composed, possible: composed)
    return try checkpoint.replacing { parameter in
      roles.contains(parameter.role) ? parameter.holding(.dense(parameter.stored)) : nil
    }
  }
}
