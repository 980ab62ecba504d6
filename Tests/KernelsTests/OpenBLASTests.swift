import TestSupport
import Testing

@testable import Kernels

/// The library that dense algebra is built on is there, and row-major as we call it.
@Suite struct OpenBLASTests {
  @Test func multipliesRowMajorMatrices() throws {
    var generator = SeededGenerator(seed: 3)
    let (rows, inner, columns) = (5, 7, 3)
    let left = (0..<(rows * inner)).map { _ in Double.random(in: -1...1, using: &generator) }
    let right = (0..<(columns * inner)).map { _ in Double.random(in: -1...1, using: &generator) }
    let blas = try OpenBLAS.open()
    // A linear as PyTorch stores it: x · Wᵀ.
    let product = blas.product(
      left, right, transposingB: true, rows: rows, inner: inner, columns: columns)
    for row in 0..<rows {
      for column in 0..<columns {
        let expected = (0..<inner).reduce(0) {
          $0 + left[row * inner + $1] * right[column * inner + $1]
        }
        #expect(abs(product[row * columns + column] - expected) < 1e-14)
      }
    }
  }

  /// A library older than the processor would run kernels of 2004 on it.
  @Test(.enabled(if: Instructions.available == .avx2, "the processor has no AVX2"))
  func usesKernelsOfTheProcessor() throws {
    #expect(try OpenBLAS.open().core != "Prescott")
  }

  @Test func factorsAnInverse() throws {
    var generator = SeededGenerator(seed: 5)
    let size = 40
    let factor = (0..<(size * size)).map { _ in Double.random(in: -1...1, using: &generator) }
    let blas = try OpenBLAS.open()
    let matrix = blas.product(
      factor, factor, transposingB: true, rows: size, inner: size, columns: size)
    var upper = try #require(blas.inverseFactor(matrix, size: size))
    for row in 0..<size {
      #expect(upper[row * (size + 1)] > 0)
      for column in 0..<row { upper[row * size + column] = 0 }
    }
    // U · A · Uᵀ is the identity where UᵀU is the inverse of A.
    let product = blas.product(upper, matrix, rows: size, inner: size, columns: size)
    let identity = blas.product(
      product, upper, transposingB: true, rows: size, inner: size, columns: size)
    for place in identity.indices {
      #expect(abs(identity[place] - (place % (size + 1) == 0 ? 1 : 0)) < 1e-8)
    }
    #expect(blas.inverseFactor([1, 2, 2, 1], size: 2) == nil, "it is not definite")
  }

  @Test func findsEigenvectorsInRows() throws {
    // 3 and 1 along (1, 1) and (1, −1); the upper triangle is not looked at.
    var matrix: [Double] = [2, .nan, 1, 2]
    let values = try OpenBLAS.open().eigenvalues(
      of: &matrix, size: 2, replacingByVectors: true)
    #expect(abs(values[0] - 1) < 1e-15 && abs(values[1] - 3) < 1e-15)
    #expect(abs(matrix[2] - matrix[3]) < 1e-15 && abs(matrix[0] + matrix[1]) < 1e-15)
    #expect(abs(abs(matrix[2]) - 0.5.squareRoot()) < 1e-15)
  }
}
