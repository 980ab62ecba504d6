import Checkpoints
import Encoders
import Tensors

/// A transformer that is run beside a student, over the same examples, and never changed.
///
/// Of its operations nothing is remembered, and nothing is dropped.
package final class FrozenTeacher {
  /// How many layers it runs.
  package let layers: Int
  package let hidden: Int
  private let model: TrainableModel
  private let sequences: TokenStore

  /// - Parameter sequences: of all examples, as its tokenizer cuts them.
  /// - Throws: ``Failure`` if it is no transformer, or a parameter is missing or no number.
  package init(_ checkpoint: Checkpoint, reading sequences: TokenStore) throws {
    guard let encoder = checkpoint.architecture.encoder else {
      throw Failure(
        DistillationReason.noLayers, at: Place(file: checkpoint.container.files.first))
    }
    (layers, hidden) = (encoder.layers.count, encoder.hidden)
    model = try TrainableModel(checkpoint)
    for parameter in model.parameters { parameter.isFrozen = true }
    self.sequences = sequences
  }

  /// What it gives for some examples, without its head.
  func output(
    for examples: [Int], _ tape: Tape, hiddenStates: Bool, attention: AttentionReading
  ) throws -> ModelOutput {
    try tape.withoutRecording {
      try model.forward(
        examples.map { sequences[$0] }, tape,
        ForwardOptions(
          dropout: false, head: false, hiddenStates: hiddenStates, attention: attention))
    }
  }
}
