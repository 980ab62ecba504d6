/// e · G · eᵀ of each row e of a matrix: where G = X·Xᵀ the row's part of ‖E·X‖².
///
/// - Parameters:
///   - errors: row-major `[rows, columns]`.
///   - gram: `[columns, columns]`.
/// - Throws: ``Failure`` if OpenBLAS is not installed.
package func quadraticForms(
  _ errors: [Float], _ gram: [Float], rows: Int, columns: Int
) throws -> [Double] {
  precondition(errors.count == rows * columns && gram.count == columns * columns)
  let products = try OpenBLAS.open().product(
    errors, gram, rows: rows, inner: columns, columns: columns)
  return (0..<rows).map { row in
    ((row * columns)..<((row + 1) * columns)).reduce(0.0) { sum, place in
      sum + Double(errors[place]) * Double(products[place])
    }
  }
}
