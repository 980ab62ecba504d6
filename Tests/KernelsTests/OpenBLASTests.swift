import COpenBLAS
import TestSupport
import Testing

/// The library that dense algebra will be built on is there, and row-major as we call it.
@Suite struct OpenBLASTests {
  @Test func multipliesRowMajorMatrices() {
    var generator = SeededGenerator(seed: 3)
    let (rows, inner, columns) = (5, 7, 3)
    let left = (0..<(rows * inner)).map { _ in Float.random(in: -1...1, using: &generator) }
    let right = (0..<(columns * inner)).map { _ in Float.random(in: -1...1, using: &generator) }
    var product = [Float](repeating: 0, count: rows * columns)
    // A linear as PyTorch stores it: x · Wᵀ.
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(columns), Int32(inner), 1, left,
      Int32(inner), right, Int32(inner), 0, &product, Int32(columns))
    for row in 0..<rows {
      for column in 0..<columns {
        let expected = (0..<inner).reduce(Float(0)) {
          $0 + left[row * inner + $1] * right[column * inner + $1]
        }
        #expect(abs(product[row * columns + column] - expected) < 1e-5)
      }
    }
  }
}
