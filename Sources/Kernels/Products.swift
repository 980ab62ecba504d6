/// Writes the product of row-major matrices, `[rows, inner] · [inner, columns]`; a sum runs over its terms in order.
package func multiply(
  _ left: UnsafeBufferPointer<Float>, _ right: UnsafeBufferPointer<Float>, rows: Int, inner: Int,
  columns: Int, into target: UnsafeMutableBufferPointer<Float>
) {
  precondition(left.count == rows * inner && right.count == inner * columns)
  precondition(target.count == rows * columns)
  target.update(repeating: 0)
  for row in 0..<rows {
    for term in 0..<inner {
      let factor = left[row &* inner &+ term]
      for column in 0..<columns {
        target[row &* columns &+ column] += factor * right[term &* columns &+ column]
      }
    }
  }
}

/// Adds numbers to others, one to one.
package func add(
  _ numbers: UnsafeBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>
) {
  precondition(numbers.count == target.count)
  for index in 0..<target.count { target[index] += numbers[index] }
}
