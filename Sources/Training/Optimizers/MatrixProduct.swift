import Kernels
import Tensors

/// A product of two matrices that several threads work out, each some of its rows.
struct MatrixProduct {
  let left: [Float]
  let right: [Float]
  let rows: Int
  let inner: Int
  let columns: Int

  func value(threads: Int) throws -> [Float] {
    let bands = parts(of: rows, by: max(1, (1 << 14) / max(1, columns)))
    return try concurrentMap(bands, threads: threads) { band in
      [Float](unsafeUninitializedCapacity: band.count * columns) { target, count in
        left[(band.lowerBound * inner)..<(band.upperBound * inner)].withUnsafeBufferPointer {
          left in
          right.withUnsafeBufferPointer { right in
            multiply(
              left, right, rows: band.count, inner: inner, columns: columns,
              into: UnsafeMutableBufferPointer(rebasing: target[..<(band.count * columns)]))
          }
        }
        count = band.count * columns
      }
    }.flatMap { $0 }
  }
}
