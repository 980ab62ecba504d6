import Tensors

/// An unstructured sparse matrix `[rows (out), columns (in)]`: the nonzeros of each row and their columns.
///
/// Compressed sparse rows; a column takes 16 bits where there are at most 65536 columns, else 32.
package struct SparseRows: Sendable {
  /// Rows that work is divided by.
  package static let blockRows = 4

  package let rows: Int
  package let columns: Int
  package let nonzeros: Int
  /// Where each row begins among the nonzeros, and after the last, their number.
  let starts: [Int]
  let values: PackedMemory
  let indices: PackedIndices

  package var rowBlocks: Int { rows.groups(of: Self.blockRows) }
  package var byteCount: Int {
    values.bytes.count + indices.memory.bytes.count + starts.count * MemoryLayout<Int>.size
  }

  /// Keeps the nonzeros of a row-major matrix.
  ///
  /// - Throws: ``Failure`` if an element is NaN or infinite.
  package init(rows: Int, columns: Int, floats: UnsafeBufferPointer<Float>) throws {
    precondition(floats.count == rows * columns)
    try checkFinite(UnsafeRawBufferPointer(floats), .f32, firstRow: 0, columns: columns)
    self.rows = rows
    self.columns = columns
    nonzeros = floats.count { $0 != 0 }
    values = try PackedMemory(byteCount: nonzeros * 4)
    indices = try PackedIndices(count: nonzeros, columns: columns)
    var starts = [0]
    starts.reserveCapacity(rows + 1)
    let values = values.elements(as: Float.self)
    var place = 0
    for row in 0..<rows {
      for column in 0..<columns where floats[row &* columns &+ column] != 0 {
        values[place] = floats[row &* columns &+ column]
        indices.store(column, at: place)
        place += 1
      }
      starts.append(place)
    }
    self.starts = starts
  }

  /// As ``DenseWeights/multiply(_:tokens:into:rowBlocks:bias:adding:)``.
  package func multiply(
    _ x: Activations, tokens: Int, into y: Activations, rowBlocks: Range<Int>,
    bias: UnsafePointer<Float>?, adding: Bool
  ) throws {
    multiply(
      x, tokens: tokens, into: y, rowBlocks: rowBlocks, bias: bias, adding: adding,
      using: .available)
  }

  func multiply(
    _ x: Activations, tokens: Int, into y: Activations, rowBlocks: Range<Int>,
    bias: UnsafePointer<Float>?, adding: Bool, using instructions: Instructions
  ) {
    precondition(rowBlocks.lowerBound >= 0 && rowBlocks.upperBound <= self.rowBlocks)
    let width = Activations.panelWidth
    let values = values.elements(as: Float.self)
    let last = min(rowBlocks.upperBound * Self.blockRows, rows)
    for row in (rowBlocks.lowerBound * Self.blockRows)..<last {
      for token in 0..<tokens {
        let input = x.panel(token / width) + token % width
        let output = y.panel(token / width) + row * width + token % width
        var sum: Float = 0
        for place in starts[row]..<starts[row + 1] {
          sum += values[place] * input[indices[place] * width]
        }
        output.pointee = (adding ? output.pointee : 0) + (bias?[row] ?? 0) + sum
      }
    }
  }
}

/// Column indices of 16 bits, or of 32 where the matrix is too wide for them.
struct PackedIndices: Sendable {
  let isWide: Bool
  let memory: PackedMemory

  init(count: Int, columns: Int) throws {
    guard columns <= Int(UInt32.max) else {
      throw Failure(WeightReason.tooWide(columns: columns, limit: Int(UInt32.max)))
    }
    isWide = columns > 1 << 16
    memory = try PackedMemory(byteCount: count * (isWide ? 4 : 2))
  }

  func store(_ column: Int, at place: Int) {
    if isWide {
      memory.elements(as: UInt32.self)[place] = UInt32(truncatingIfNeeded: column)
    } else {
      memory.elements(as: UInt16.self)[place] = UInt16(truncatingIfNeeded: column)
    }
  }

  subscript(place: Int) -> Int {
    isWide
      ? Int(memory.elements(as: UInt32.self)[place]) : Int(memory.elements(as: UInt16.self)[place])
  }
}
