import CKernels
import Glibc

/// Softmax over the rows of a row-major matrix without gaps, and its gradient.
package enum Softmax {
  /// Rows of scores become softmax(scale · scores).
  package static func run(
    _ scores: UnsafeMutablePointer<Float>, rows: Int, columns: Int, scale: Float = 1
  ) {
    run(scores, rows: rows, columns: columns, scale: scale, using: .available)
  }

  static func run(
    _ scores: UnsafeMutablePointer<Float>, rows: Int, columns: Int, scale: Float,
    using instructions: Instructions
  ) {
    if instructions == .avx2 { return pare_softmax_rows(scores, rows, columns, scale) }
    for row in 0..<rows {
      let row = UnsafeMutableBufferPointer(start: scores + row * columns, count: columns)
      let largest = row.reduce(-Float.infinity) { max($0, $1 * scale) }
      var total: Float = 0
      for index in row.indices {
        row[index] = expf(row[index] * scale - largest)
        total += row[index]
      }
      for index in row.indices { row[index] /= total }
    }
  }

  /// The gradient of the scores in the place of the gradient of probabilities p: scale · p · (dp − Σ dp · p).
  package static func gradient(
    _ p: UnsafePointer<Float>, _ dp: UnsafeMutablePointer<Float>, rows: Int, columns: Int,
    scale: Float = 1
  ) {
    gradient(p, dp, rows: rows, columns: columns, scale: scale, using: .available)
  }

  static func gradient(
    _ p: UnsafePointer<Float>, _ dp: UnsafeMutablePointer<Float>, rows: Int, columns: Int,
    scale: Float, using instructions: Instructions
  ) {
    if instructions == .avx2 { return pare_softmax_gradient(p, dp, rows, columns, scale) }
    for row in 0..<rows {
      let (p, dp) = (p + row * columns, dp + row * columns)
      var total: Float = 0
      for index in 0..<columns { total += p[index] * dp[index] }
      for index in 0..<columns { dp[index] = scale * p[index] * (dp[index] - total) }
    }
  }
}
