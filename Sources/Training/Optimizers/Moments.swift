/// What an optimizer remembers of one parameter: running means of its gradient and of the gradient's square.
///
/// Memory is taken only for rows that ever had a gradient.
final class Moments {
  let rows: Int
  let columns: Int
  /// As many as the rule keeps, each `[rows, columns]`.
  let buffers: [FloatBuffer]
  /// How many steps they are the mean of: what bias correction goes by.
  var steps = 0
  /// The rows that never had a gradient; nil where all are taken to have had one.
  var idle: IdleRows?

  /// Zeros, of no step.
  init(rows: Int, columns: Int, count: Int) throws {
    self.rows = rows
    self.columns = columns
    buffers = try (0..<count).map { _ in try FloatBuffer(count: rows * columns) }
  }

  /// Which rows ever had a gradient, as far as the moments tell.
  var liveRows: [Bool] {
    (0..<rows).map { row in
      buffers.contains { buffer in
        (row * columns..<(row + 1) * columns).contains { buffer.start[$0] != 0 }
      }
    }
  }

  func fits(_ parameter: TrainableParameter) -> Bool {
    rows == parameter.rows && columns == parameter.columns
  }
}
