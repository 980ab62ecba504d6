import Documents
import Encoders
import Tensors

extension TaskModel {
  /// Fails, naming the line of its text, if a sequence cannot be read.
  ///
  /// - Parameter line: of the text from which the sequence with an index came.
  package func check(
    _ sequences: [TokenSequence], of file: String, line: (Int) -> Int
  ) throws {
    for (index, sequence) in sequences.enumerated() {
      do {
        try encoder.check(sequence)
      } catch let failure as Failure {
        throw Failure(TextReason(line: line(index), failure.reason), at: Place(file: file))
      }
    }
  }

  /// Fails, naming the line of its text, if an output holds NaN or an infinity: sums that went beyond
  /// what a single holds.
  package func check(_ outputs: [EncoderOutput], of file: String, line: (Int) -> Int) throws {
    guard
      let index = outputs.firstIndex(where: { !$0.values.allSatisfy { $0.isFinite } })
    else { return }
    throw Failure(
      TextReason(line: line(index), EncoderReason.notFiniteResult), at: Place(file: file))
  }
}
