/// A row-major matrix of singles without gaps, whose memory goes back to its pool with its last owner.
///
/// Who writes which numbers, and when, is for the operations of a ``Tape`` to divide.
package final class Matrix: @unchecked Sendable {
  package let rows: Int
  package let columns: Int
  package let start: UnsafeMutablePointer<Float>
  private let buffer: FloatBuffer
  private let pool: MatrixPool?

  /// - Precondition: the buffer has room for the numbers.
  init(rows: Int, columns: Int, _ buffer: FloatBuffer, from pool: MatrixPool?) {
    precondition(rows * columns <= buffer.count)
    self.rows = rows
    self.columns = columns
    self.buffer = buffer
    self.pool = pool
    start = buffer.start
  }

  deinit { pool?.giveBack(buffer) }

  /// A matrix over numbers that someone else keeps, as those of a parameter.
  package convenience init(rows: Int, columns: Int, over buffer: FloatBuffer) {
    self.init(rows: rows, columns: columns, buffer, from: nil)
  }

  package var count: Int { rows * columns }

  package var elements: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: start, count: count)
  }

  func row(_ index: Int) -> UnsafeMutablePointer<Float> { start + index &* columns }
}
