import Synchronization
import Tensors

/// Vectors that stand for parts of a matrix's rows, some for each part: product quantization (Jégou et al., "Product
/// quantization for nearest neighbor search", 2011), found by k-means on rows spread over the whole matrix.
package struct ProductCodebook: Sendable {
  /// Columns of a part.
  package let width: Int
  /// Vectors for each part.
  package let count: Int
  /// `[parts, count, width]`
  package let entries: [Float]

  /// Rows that are looked at for each vector wanted.
  private static let sampleFactor = 64

  /// - Precondition: the width divides the columns, and there are rows.
  /// - Throws: ``Failure`` if a row cannot be read, or a value is NaN or infinite.
  package init(
    width: Int, count: Int, of reader: any RowReader, rounding: ScaleRounding, threads: Int
  ) throws {
    precondition(reader.columns % width == 0 && reader.rows > 0)
    let parts = reader.columns / width
    self.width = width
    let size = min(count, reader.rows)
    self.count = size
    let sample = try RowSample(reader, atMost: size * Self.sampleFactor)
    let found = Mutex([[Float]](repeating: [], count: parts))
    try Workers.forEach(Array(0..<parts), threads: threads) { part in
      let clusters = VectorClusters(points: sample.part(part, width: width), width: width)
      let entries = clusters.means(size)
      found.withLock { $0[part] = entries }
    }
    var entries = found.withLock { $0.flatMap { $0 } }
    rounding.round(&entries)
    self.entries = entries
  }

  package var codeType: ElementType { count <= 256 ? .u8 : .u16 }

  /// The index of the vector nearest to each part of each row, of equally near ones the first: `[rows, parts]`.
  package func codes(of reader: any RowReader, threads: Int) throws -> [UInt8] {
    let parts = reader.columns / width
    let tables = (0..<parts).map { part in
      let own = entries[(part * count * width)..<((part + 1) * count * width)]
      return own.withUnsafeBufferPointer { NearestVector($0, width: width) }
    }
    let size = codeType.byteWidth!
    let codes = CodeMemory(byteCount: reader.rows * parts * size)
    let bands = (0..<reader.rows).split(by: max(1, min(1024, reader.bandHeight)))
    // What cannot be read in parts would be made anew for each of them.
    try Workers.forEach(bands, threads: reader.bandHeight < reader.rows ? threads : 1) { band in
      try withScratch(max(1, band.count * reader.columns) * 4) { scratch in
        let values = UnsafeMutableBufferPointer(
          rebasing: scratch.bindMemory(to: Float.self)[..<(band.count * reader.columns)])
        try reader.read(band, into: values)
        for (index, row) in band.enumerated() {
          for part in 0..<parts {
            let nearest = tables[part].find(
              values.baseAddress! + (index * reader.columns + part * width))
            codes.store(nearest.index, at: row * parts + part, width: size)
          }
        }
      }
    }
    return codes.bytes()
  }
}

/// Codes that threads write, each to places of its own.
private final class CodeMemory: @unchecked Sendable {
  private let memory: UnsafeMutableRawBufferPointer

  init(byteCount: Int) { memory = .allocate(byteCount: max(1, byteCount), alignment: 8) }
  deinit { memory.deallocate() }

  func store(_ code: Int, at index: Int, width: Int) {
    if width == 1 {
      memory[index] = UInt8(code)
    } else {
      memory.storeBytes(of: UInt16(code), toByteOffset: index * 2, as: UInt16.self)
    }
  }

  func bytes() -> [UInt8] { [UInt8](memory) }
}

/// Rows of a matrix, equally far from one another.
private struct RowSample: Sendable {
  let rows: Int
  let columns: Int
  let values: [Float]

  init(_ reader: any RowReader, atMost limit: Int) throws {
    let rows = min(limit, reader.rows)
    let columns = reader.columns
    var values: [Float] = []
    values.reserveCapacity(rows * columns)
    var next = 0
    try reader.eachBand { band, members in
      if let bad = members.firstIndex(where: { !$0.isFinite }) {
        throw Failure(
          WeightReason.notFinite(row: band.lowerBound + bad / columns, column: bad % columns))
      }
      while next < rows, case let row = next * reader.rows / rows, row < band.upperBound {
        let start = (row - band.lowerBound) * columns
        values += members[start..<(start + columns)]
        next += 1
      }
    }
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// Some columns of all rows, row-major.
  func part(_ index: Int, width: Int) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(rows * width)
    for row in 0..<rows {
      let start = row * columns + index * width
      result += values[start..<(start + width)]
    }
    return result
  }
}
