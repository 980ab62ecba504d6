import Checkpoints
import Tensors

/// A model, its parameters in memory, ready to be run.
///
/// Matrices are kept in the element type of the file and computed with as their storage says: dense,
/// sparse, factorized, quantized. Nothing of the checkpoint is read after initialization.
public final class Encoder: Sendable {
  public let architecture: Architecture
  public let reading: Reading
  public let compute: Compute
  let network: any Network

  /// Reads the parameters that a reading needs.
  ///
  /// - Throws: ``Failure`` that names the tensor, if one is missing, of a wrong shape, or holds NaN.
  public init(
    _ checkpoint: Checkpoint, reading: Reading, compute: Compute = .exact,
    threads: Int = 1
  ) throws {
    architecture = checkpoint.architecture
    self.reading = reading
    self.compute = compute
    let reader = ParameterReader(checkpoint, compute: compute)
    switch checkpoint.architecture {
    case .encoder(let encoder):
      network = try Transformer(encoder, reader, reading: reading, threads: threads)
    case .bilstm(let student):
      network = try RecurrentNetwork(student, reader, reading: reading)
    case .unknown:
      throw Failure(
        EncoderReason.notAnEncoder, at: Place(file: checkpoint.container.files.first))
    }
  }

  /// The greatest number of tokens of a sequence, special tokens included.
  public var tokenLimit: Int { network.tokenLimit }

  /// Whether the result has a row for every token, and not one for the sequence.
  public var givesTokens: Bool { network.givesTokens }

  /// The length of a row of the result.
  public var columns: Int { network.columns }

  /// The floating-point operations of a forward pass over a sequence: two for each product with a
  /// weight that is computed with, and for each of attention's; norms and activations not counted.
  ///
  /// What a head does not read is not computed, so it is not counted either.
  public func operations(tokens: Int) -> Int { network.operations(tokens: tokens) }

  /// Fails unless a sequence can be read.
  public func check(_ sequence: TokenSequence) throws {
    guard sequence.count > 0 else { throw Failure(EncoderReason.empty) }
    guard sequence.count <= tokenLimit else {
      throw Failure(EncoderReason.tooLong(sequence.count, limit: tokenLimit))
    }
    let vocabulary = architecture.vocabulary
    for id in sequence.ids where id < 0 || id >= vocabulary {
      throw Failure(EncoderReason.tokenID(id, vocabulary: vocabulary))
    }
    guard network.types > 0 else { return }
    for type in sequence.types where type < 0 || type >= network.types {
      throw Failure(EncoderReason.type(type, types: network.types))
    }
  }
}
