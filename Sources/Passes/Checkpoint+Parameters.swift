import Checkpoints
import Tensors

extension Checkpoint {
  /// The checkpoint with those parameters replaced for which a closure has something else; failures name the tensor.
  package func replacing(_ replacement: (Parameter) throws -> Parameter?) throws -> Checkpoint {
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
  /// Whether it is the matrix of one of the linears of a model's body, on which passes work unless told otherwise: the six of a
  /// transformer layer; the matrices of an LSTM, recurrent ones too, and the projection behind it.
  package var isBodyLinear: Bool {
    guard kind == .weight else { return false }
    switch module {
    case .layer(_, let part):
      switch part {
      case .query, .key, .value, .attentionOutput, .intermediate, .output: return true
      case .attentionNorm, .outputNorm: return false
      }
    case .lstm, .projection: return true
    case .embedding, .pooler, .head: return false
    }
  }
}

extension Checkpoint {
  /// Fails, naming the tensor, where a parameter that is there has not the shape that the architecture asks for, or if that is not
  /// known.
  func checkShapes(for pass: String) throws {
    guard architecture != .unknown else { throw Failure(PassReason.unknownModel) }
    let shapes = Dictionary(
      parameters.map { ($0.role, $0) }, uniquingKeysWith: { first, _ in first })
    for requirement in architecture.requirements {
      guard let parameter = shapes[requirement.role], !requirement.admits(parameter.shape) else {
        continue
      }
      throw Failure(
        PassReason.unfit(
          pass: pass,
          why: "is \(parameter.shape), expected \(requirement.shapeDescription)"),
        at: Place(file: container.files.first, tensor: parameter.name))
    }
  }

  /// The transformer encoder, all of whose parameters that are there have the shapes that it asks for.
  ///
  /// - Throws: ``Failure`` naming the tensor that has another, or if the model is no such encoder.
  func soundEncoder(for pass: String, lacking part: String) throws -> EncoderArchitecture {
    try checkShapes(for: pass)
    guard let encoder = architecture.encoder else {
      throw Failure(PassReason.unfit(pass: pass, why: "the model has no \(part)"))
    }
    return encoder
  }
}
