import Encoders
import Tensors

/// What a teacher says of each example: its logits, worked out once.
package struct TeacherOutputs: Sendable {
  /// How many logits there are to an example.
  package let columns: Int
  /// Example after example.
  package let values: [Float]

  package init(columns: Int, values: [Float]) {
    precondition(columns > 0 && values.count % columns == 0)
    self.columns = columns
    self.values = values
  }

  /// Runs the teacher over sequences, some thousands at a time.
  package init(
    of teacher: Encoder, for sequences: TokenStore, threads: Int, progress: Progress? = nil
  ) throws {
    var values: [Float] = []
    values.reserveCapacity(sequences.count * teacher.columns)
    progress?.expect(sequences.count)
    for part in parts(of: sequences.count, by: 4096) {
      let outputs = try teacher.outputs(for: part.map { sequences[$0] }, threads: threads)
      for output in outputs { values += output.values }
      progress?.advance(part.count)
    }
    self.init(columns: teacher.columns, values: values)
  }

  package var count: Int { values.count / columns }

  /// The logits of some examples, as rows.
  func rows(_ examples: [Int], _ tape: Tape) throws -> Matrix {
    let result = try tape.matrix(rows: examples.count, columns: columns)
    for (row, example) in examples.enumerated() {
      for column in 0..<columns { result.row(row)[column] = values[example * columns + column] }
    }
    return result
  }
}
