import Tensors

/// Runs batches through an encoder, one after the other, with memory that it keeps.
///
/// What a sequence gives does not depend on the batch it is in, nor on the number of threads: the
/// result is the same to the bit.
public final class Session {
  public let encoder: Encoder
  private let runner: any NetworkRunner

  /// - Parameter threads: that work on each batch together.
  public init(_ encoder: Encoder, threads: Int = 1) {
    self.encoder = encoder
    runner = encoder.network.runner(Team(threads))
  }

  /// The results for some sequences, in their order.
  ///
  /// - Throws: ``Failure`` if a sequence cannot be read or there is not enough memory.
  public func run(_ sequences: [TokenSequence]) throws -> [EncoderOutput] {
    guard !sequences.isEmpty else { return [] }
    for sequence in sequences { try encoder.check(sequence) }
    return try runner.run(sequences)
  }
}
