import Kernels
import Tensors

/// The rows of a product of factors, `left [rows, rank] · right [rank, columns]`.
struct ProductRows: RowReader {
  let left: any RowReader
  let right: [Float]
  let columns: Int

  var rows: Int { left.rows }
  var bandHeight: Int { left.bandHeight }

  func read(_ rows: Range<Int>, into target: UnsafeMutableBufferPointer<Float>) throws {
    try withScratch(rows.count * left.columns * 4) { scratch in
      let factors = scratch.bindMemory(to: Float.self)
      try left.read(rows, into: factors)
      right.withUnsafeBufferPointer {
        multiply(
          UnsafeBufferPointer(factors), $0, rows: rows.count, inner: left.columns,
          columns: columns, into: target)
      }
    }
  }
}

/// The rows of a sum of two matrices of one shape.
struct SumRows: RowReader {
  let left: any RowReader
  let right: any RowReader

  var rows: Int { left.rows }
  var columns: Int { left.columns }
  var bandHeight: Int { max(left.bandHeight, right.bandHeight) }

  func read(_ rows: Range<Int>, into target: UnsafeMutableBufferPointer<Float>) throws {
    try left.read(rows, into: target)
    try withScratch(max(1, target.count) * 4) { scratch in
      let others = UnsafeMutableBufferPointer(
        rebasing: scratch.bindMemory(to: Float.self)[..<target.count])
      try right.read(rows, into: others)
      add(UnsafeBufferPointer(others), to: target)
    }
  }
}
