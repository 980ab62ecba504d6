import Checkpoints
import Documents
import Tensors

/// Converts dense values to another floating-point type, to nearest even; codes and masks stay, factors and
/// survivors are converted.
package struct Cast: Pass {
  package static let declaration = PassDeclaration(
    name: "cast",
    summary: "Converts floating-point values to another type, to nearest even.",
    options: [
      PassOption(
        "dtype", .choice(["F32", "F16", "BF16"]), "The type to convert to.", valueName: "type")
    ] + PassOption.selection)

  private let arguments: PassArguments
  private let type: ElementType

  package init(_ arguments: PassArguments) throws {
    guard let type = arguments.text("dtype").flatMap(ElementType.init(rawValue:)) else {
      throw Failure(PassReason.missing(option: "dtype", pass: Self.declaration.name))
    }
    self.arguments = arguments
    self.type = type
  }

  package func apply(to checkpoint: Checkpoint, in context: PassContext) throws -> Checkpoint {
    let roles = try checkpoint.selected(arguments, for: Self.declaration.name) { _ in true }
    var result = try checkpoint.replacing { parameter in
      guard roles.contains(parameter.role) else { return nil }
      return parameter.holding(parameter.storage.cast(to: type), elementType: type)
    }
    if roles.count == checkpoint.parameters.count(where: { $0.storage.kind != .shared }) {
      result.configuration = try result.configuration?.naming(elementType: type)
    }
    return result
  }
}

extension Storage {
  fileprivate func cast(to type: ElementType) -> Storage {
    switch self {
    case .dense(let tensor):
      tensor.elementType.isFloat && tensor.elementType != type
        ? .dense(tensor.cast(to: type)) : self
    case .sparse(let mask, let values): .sparse(mask: mask, values: values.cast(to: type))
    case .factorized(let left, let right):
      .factorized(left: left.cast(to: type), right: right.cast(to: type))
    case .sum(let left, let right): .sum(left.cast(to: type), right.cast(to: type))
    case .quantized, .shared: self
    }
  }
}

extension Configuration {
  /// The configuration with the element type that it names, if it names one, changed.
  fileprivate func naming(elementType: ElementType) throws -> Configuration {
    let name =
      switch elementType {
      case .f16: "float16"
      case .bf16: "bfloat16"
      default: "float32"
      }
    guard let key = ["torch_dtype", "dtype"].first(where: { document[$0] != nil }) else {
      return self
    }
    return try setting(key, to: .string(name))
  }
}
