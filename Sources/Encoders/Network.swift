import Tensors

/// The parameters of a model of one family, in memory, and how they are run.
protocol Network: Sendable {
  /// As ``Encoder/tokenLimit``.
  var tokenLimit: Int { get }
  /// The rows of the type embedding; 0 where types do not matter.
  var types: Int { get }
  /// As ``Encoder/givesTokens``.
  var givesTokens: Bool { get }
  /// As ``Encoder/columns``.
  var columns: Int { get }

  /// As ``Encoder/operations(tokens:)``.
  func operations(tokens: Int) -> Int

  /// What runs it in the threads of a team.
  func runner(_ team: Team) -> any NetworkRunner
}

/// Runs batches through a network, one after the other, with memory that it keeps.
protocol NetworkRunner: AnyObject {
  /// The results for some sequences, in their order; there is at least one, and all can be read.
  func run(_ sequences: [TokenSequence]) throws -> [EncoderOutput]
}
