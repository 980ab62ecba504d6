import Checkpoints
import Tensors

extension Checkpoint {
  /// What is missing from the model, and whose shape contradicts the others', by its architecture.
  public var contradictions: [Diagnostic] {
    let byRole = Dictionary(parameters.map { ($0.role, $0) }) { first, _ in first }
    return architecture.check(byRole)
  }
}

extension Architecture {
  /// Holds parameters against what the architecture requires: what is missing, and whose shape
  /// contradicts the others'.
  func check(_ parameters: [Role: Parameter]) -> [Diagnostic] {
    let requirements = requirements
    return missing(requirements, parameters)
      + requirements.compactMap { requirement in
        guard let parameter = parameters[requirement.role], !requirement.admits(parameter.shape)
        else { return nil }
        return Diagnostic(
          .error, .shape,
          "\(requirement.role) is \(parameter.shape) where the other tensors ask for"
            + " \(requirement.shapeDescription)", tensor: parameter.name)
      } + freeBiases(requirements, parameters)
  }

  private func missing(
    _ requirements: [Requirement], _ parameters: [Role: Parameter]
  ) -> [Diagnostic] {
    let presentLayers = Set(parameters.keys.compactMap(\.module.layerIndex))
    var messages: [String] = []
    if encoder?.storedLayers == 0 { messages.append("the encoder has no layers") }
    let absentLayers = (0..<(encoder?.storedLayers ?? 0)).filter { !presentLayers.contains($0) }
    if !absentLayers.isEmpty {
      messages.append("missing whole layers: \(listing(absentLayers.map(String.init)))")
    }
    let roles = requirements.filter { !$0.isOptional && parameters[$0.role] == nil }.map(\.role)
    let scattered = roles.filter { $0.module.layerIndex.map(presentLayers.contains) ?? true }
    if !scattered.isEmpty {
      messages.append("missing parameters: \(listing(scattered.map(\.description)))")
    }
    return messages.map { Diagnostic(.error, .missing, $0) }
  }

  /// Biases of linears that may have any number of rows must have as many.
  private func freeBiases(
    _ requirements: [Requirement], _ parameters: [Role: Parameter]
  ) -> [Diagnostic] {
    requirements.compactMap { requirement in
      guard requirement.lengths == [nil], let bias = parameters[requirement.role],
        let weight = parameters[Role(requirement.role.module, .weight)],
        bias.shape.lengths.first != weight.shape.lengths.first
      else { return nil }
      return Diagnostic(
        .error, .shape, "\(bias.role) is \(bias.shape) beside a weight of \(weight.shape)",
        tensor: bias.name)
    }
  }
}
