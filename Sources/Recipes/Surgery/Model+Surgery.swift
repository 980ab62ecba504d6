import Checkpoints
import Dialects
import Documents
import Tensors

extension Model {
  /// The model with other names for its tensors, and with parts in the place of some; both are understood anew.
  ///
  /// - Throws: ``Failure`` of usage if a rule matches nothing, or two tensors would have one name.
  public func edited(renaming edits: [NameEdit], slicing slices: [Slice]) throws -> Model {
    guard !edits.isEmpty || !slices.isEmpty else { return self }
    do {
      return try renamed(by: edits).sliced(by: slices)
    } catch let failure as Failure {
      throw failure.within(Place(file: path))
    }
  }

  /// Each name by the first rule that matches it.
  private func renamed(by edits: [NameEdit]) throws -> Model {
    guard !edits.isEmpty else { return self }
    var container = checkpoint.container
    var used: Set<Int> = []
    func name(_ name: String) -> String {
      for (index, edit) in edits.enumerated() {
        guard let renamed = edit.renamed(name) else { continue }
        used.insert(index)
        return renamed
      }
      return name
    }
    for index in container.tensors.indices {
      container.tensors[index].name = name(container.tensors[index].name)
    }
    for index in container.foreign.indices {
      container.foreign[index].name = name(container.foreign[index].name)
    }
    if let idle = edits.indices.first(where: { !used.contains($0) }) {
      throw Failure(SurgeryReason.nothingRenamed(edits[idle].text))
    }
    var names: Set<String> = []
    for tensor in container.tensors where !names.insert(tensor.name).inserted {
      throw Failure(SurgeryReason.sameName(tensor.name))
    }
    return try understanding(container, checkpoint.configuration)
  }

  private func sliced(by slices: [Slice]) throws -> Model {
    guard !slices.isEmpty else { return self }
    var container = checkpoint.container
    let roles = Dictionary(
      checkpoint.parameters.map { ($0.name, $0.role.description) }, uniquingKeysWith: { $1 })
    var used: Set<Int> = []
    for (place, tensor) in container.tensors.enumerated() {
      for (index, slice) in slices.enumerated()
      where slice.applies(to: roles[tensor.name], tensor.name) {
        used.insert(index)
        do {
          let part = try slice.part(of: container.tensors[place].tensor)
          container.tensors[place] = NamedTensor(tensor.name, part)
        } catch let failure as Failure {
          throw failure.within(Place(tensor: tensor.name))
        }
      }
    }
    if let idle = slices.indices.first(where: { !used.contains($0) }) {
      throw Failure(SurgeryReason.nothingSliced(slices[idle].text))
    }
    let model = try understanding(container, checkpoint.configuration)
    guard let encoder = model.checkpoint.architecture.encoder else { return model }
    var edited = try understanding(
      container, checkpoint.configuration?.holding(tablesOf: encoder))
    edited.hasEditedConfiguration = true
    return edited
  }

  private func understanding(
    _ container: Container, _ configuration: Configuration?
  ) throws -> Model {
    var container = container
    container.diagnostics = checkpoint.container.diagnostics
    var model = holding(try Dialects.interpret(container, configuration: configuration))
    model.hasEditedConfiguration = hasEditedConfiguration
    return model
  }
}

extension Configuration {
  /// The configuration with the lengths that an encoder's tables have.
  fileprivate func holding(tablesOf encoder: EncoderArchitecture) throws -> Configuration {
    let lengths = [
      ("vocab_size", encoder.vocabulary), ("max_position_embeddings", encoder.positions),
      ("type_vocab_size", encoder.types),
    ]
    return try lengths.reduce(self) { configuration, length in
      guard configuration.document[length.0] != nil else { return configuration }
      return try configuration.setting(length.0, to: .integer(length.1))
    }
  }
}
