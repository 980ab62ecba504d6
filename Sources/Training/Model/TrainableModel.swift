import Checkpoints
import Encoders
import Tensors

/// A network whose forward pass a tape can record: one for each family of architectures.
protocol TrainableNetwork {
  /// - Throws: `Failure` if a sequence cannot be read, or there is no memory.
  func forward(
    _ sequences: [TokenSequence], _ tape: Tape, _ options: ForwardOptions
  ) throws -> ModelOutput

  /// The tables of which some rows are looked up.
  var wordTables: [TrainableParameter] { get }
}

/// A model whose parameters training changes: made from a checkpoint, and made a checkpoint again.
///
/// Parameters that the network does not read, such as a pooler below a head for tokens, stay in the checkpoint as they were.
package final class TrainableModel {
  /// As it was read, its values not those of now.
  private let original: Checkpoint
  private let network: any TrainableNetwork
  private let storages: [Role: TrainableStorage]
  /// In the order of their roles, factors after one another.
  package let parameters: [TrainableParameter]

  /// Reads what the network needs, in single precision.
  ///
  /// - Throws: `Failure` naming the tensor that is missing, of a wrong shape, or holds NaN.
  package init(_ checkpoint: Checkpoint) throws {
    original = checkpoint
    let reader = TrainableParameterReader(checkpoint)
    switch checkpoint.architecture {
    case .encoder(let encoder) where !encoder.layers.isEmpty:
      network = try TransformerNetwork(reader, encoder, checkpoint)
    case .bilstm(let student):
      network = try StudentNetwork(reader, student, checkpoint)
    default:
      throw Failure(
        TrainingReason.notTrainable, at: Place(file: checkpoint.container.files.first))
    }
    storages = reader.read
    parameters = reader.read.sorted { $0.key.order.lexicographicallyPrecedes($1.key.order) }
      .flatMap(\.value.parameters)
  }

  package var architecture: Architecture { original.architecture }

  /// Runs a batch; what depends on parameters that are not frozen is recorded.
  ///
  /// - Throws: `Failure` if a sequence cannot be read, or there is no memory.
  package func forward(
    _ sequences: [TokenSequence], _ tape: Tape, _ options: ForwardOptions = ForwardOptions()
  ) throws -> ModelOutput {
    try network.forward(sequences, tape, options)
  }

  /// The rows that some sequences look up in tables whose gradients are of rows: what an optimizer that puts off the decay of
  /// unused rows must bring up to date before the forward pass.
  package func lookUps(
    of sequences: [TokenSequence]
  ) -> [(id: TrainableParameter.ID, rows: [Int32])] {
    let tables = network.wordTables.filter { if case .rows = $0.gradient { true } else { false } }
    guard !tables.isEmpty else { return [] }
    let ids = sequences.flatMap(\.ids)
    return tables.map { table in (table.id, ids.filter { (0..<table.rows).contains(Int($0)) }) }
  }

  /// The checkpoint with the values of now: dense, sparse or factorized as they were, decoded where they were quantized.
  ///
  /// - Parameter elementType: a floating-point type.
  package func checkpoint(elementType: ElementType = .f32) throws -> Checkpoint {
    try checkpoint(elementType: elementType) { $0.values }
  }

  /// A checkpoint of the same structure that holds other numbers in the place of the values.
  ///
  /// - Parameter numbers: as many as a parameter has.
  func checkpoint(
    elementType: ElementType = .f32, of numbers: (TrainableParameter) -> FloatBuffer
  ) throws -> Checkpoint {
    var result = original
    for (index, parameter) in original.parameters.enumerated() {
      guard parameter.storage.kind != .shared, let trained = storages[parameter.role] else {
        continue
      }
      let storage = try trained.storage(like: parameter.storage, numbers)
      result.parameters[index] = parameter.holding(
        storage.cast(to: elementType, parameter.shape), elementType: elementType)
    }
    result.copies.removeAll()
    result.isRewritten = true
    return result
  }
}

extension Storage {
  /// The same storage, its values of another type and, where they are dense, of a shape.
  fileprivate func cast(to type: ElementType, _ shape: Shape) -> Storage {
    switch self {
    case .dense(let tensor): .dense(tensor.cast(to: type).reshaped(shape))
    case .sparse(let mask, .dense(let values)):
      .sparse(mask: mask, values: .dense(values.cast(to: type)))
    case .factorized(let left, let right):
      .factorized(left: left.castParts(to: type), right: right.castParts(to: type))
    case .sum(let first, let second):
      .sum(first.castParts(to: type), second.castParts(to: type))
    case .sparse, .quantized, .shared: self
    }
  }

  private func castParts(to type: ElementType) -> Storage {
    if case .dense(let tensor) = self { return .dense(tensor.cast(to: type)) }
    return cast(to: type, [])
  }
}
