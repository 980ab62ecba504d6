import Checkpoints
import Tensors

extension Checkpoint {
  /// The checkpoint with those parameters replaced for which a closure has something else; failures name the tensor.
  func replacing(_ replacement: (Parameter) throws -> Parameter?) throws -> Checkpoint {
    var result = self
    for (index, parameter) in parameters.enumerated() {
      do {
        if let changed = try replacement(parameter) { result.parameters[index] = changed }
      } catch let failure as Failure {
        throw failure.within(Place(file: container.files.first, tensor: parameter.name))
      }
    }
    result.isRewritten = true
    return result
  }

  /// The parameters that a selection takes out of those that a pass works on; ties are never among them.
  ///
  /// - Parameter usual: whether a pass works on a parameter that nobody named. One that is not is still taken where
  ///   `only` matches it, if `possible` says that it can be.
  /// - Throws: ``Failure`` of usage if none is left.
  func selected(
    _ arguments: PassArguments, for pass: String, usual: (Parameter) -> Bool,
    possible: (Parameter) -> Bool = { _ in true }
  ) throws -> Set<Role> {
    let selection = try arguments.selection()
    let isNamed = !arguments.texts("only").isEmpty
    let chosen = parameters.filter { parameter in
      guard parameter.storage.kind != .shared, possible(parameter) else { return false }
      return (isNamed || usual(parameter))
        && selection.contains(role: parameter.role.description, name: parameter.name)
    }
    guard !chosen.isEmpty else { throw Failure(PassReason.nothingSelected(pass: pass)) }
    return Set(chosen.map(\.role))
  }
}

extension Role {
  /// Whether it is the matrix of one of the six linears of a transformer layer.
  var isEncoderLinear: Bool {
    guard kind == .weight, case .layer(_, let part) = module else { return false }
    switch part {
    case .query, .key, .value, .attentionOutput, .intermediate, .output: return true
    case .attentionNorm, .outputNorm: return false
    }
  }
}
