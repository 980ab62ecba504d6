/// The sum of e · G · eᵀ over the rows e of a matrix: ‖E·X‖² where G = X·Xᵀ.
///
/// - Parameters:
///   - errors: row-major `[rows, columns]`.
///   - gram: `[columns, columns]`.
/// - Throws: ``Failure`` if OpenBLAS is not installed.
package func quadraticForm(
  _ errors: [Float], _ gram: [Float], rows: Int, columns: Int
) throws -> Double {
  precondition(errors.count == rows * columns && gram.count == columns * columns)
  guard rows > 0, columns > 0 else { return 0 }
  let blas = try OpenBLAS.open()
  var products = [Float](repeating: 0, count: rows * columns)
  errors.withUnsafeBufferPointer { errors in
    gram.withUnsafeBufferPointer { gram in
      products.withUnsafeMutableBufferPointer { products in
        blas.multiply(
          Factor(start: errors.baseAddress!, stride: columns),
          Factor(start: gram.baseAddress!, stride: columns), rows: rows, inner: columns,
          columns: columns, into: products.baseAddress!, stride: columns)
      }
    }
  }
  var sum = 0.0
  for row in 0..<rows {
    var own = 0.0
    for place in (row * columns)..<((row + 1) * columns) {
      own += Double(errors[place]) * Double(products[place])
    }
    sum += own
  }
  return sum
}
