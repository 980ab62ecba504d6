import Tensors

/// Codes elements byte plane by byte plane: those that are the same everywhere not at all, those that
/// shrink under a model, all others as they are.
///
/// The first plane of floating-point numbers, the exponents, has contexts.
package struct PlaneEncoder: StreamEncoder {
  package let layout: StreamLayout
  package let table: [UInt8]
  private let arrangement: ByteArrangement
  private let planes: [BytePlane]
  private let coders: [ContextEncoder?]
  private let rowLevels: [UInt8]

  private static let usualRow = 4096

  package init(
    _ source: any TensorSource, _ kind: StreamKind, _ type: ElementType, rowLength: Int?
  ) throws {
    let arrangement = try ByteArrangement(kind, type)
    let isMatrix = rowLength.map { (8...StreamLayout.longestRow).contains($0) } ?? false
    let layout = StreamLayout(
      elementCount: source.byteCount / arrangement.width,
      rowLength: isMatrix ? rowLength! : Self.usualRow)
    let measure = (0..<Int32(FrequencyTable.symbols)).map { $0 << 10 }
    var spreads = SpreadSurvey(measure: measure, rowLength: layout.rowLength)
    var counts = [Int](repeating: 0, count: FrequencyTable.symbols * arrangement.width)
    try Self.eachChunk(of: source, layout, arrangement) { planes in
      for (index, plane) in planes.enumerated() {
        counts.withUnsafeMutableBufferPointer { counts in
          let start = index * FrequencyTable.symbols
          for byte in plane { counts[start &+ Int(byte)] &+= 1 }
        }
      }
      spreads.add(planes[0])
    }
    var planes = (0..<arrangement.width).map { plane in
      let start = plane * FrequencyTable.symbols
      return BytePlane(
        counts: counts[start..<(start + FrequencyTable.symbols)], chunks: layout.chunkCount)
    }
    rowLevels = spreads.levels().rows
    if kind == .floats, case .coded = planes[0] {
      var survey = ContextSurvey(
        rows: rowLevels, columns: isMatrix ? spreads.levels().columns : [],
        rowLength: layout.rowLength)
      try Self.eachChunk(of: source, layout, arrangement) { survey.add($0[0]) }
      planes[0] = .coded(survey.model())
    }
    self.layout = layout
    self.arrangement = arrangement
    self.planes = planes
    coders = planes.map { plane in
      if case .coded(let model) = plane {
        ContextEncoder(model, rowLength: layout.rowLength)
      } else {
        nil
      }
    }
    var table: [UInt8] = []
    layout.write(to: &table)
    for plane in planes { try plane.write(to: &table) }
    self.table = table
  }

  /// A byte: 0, and the elements as they are; or 1, and of each plane nothing, the size of what is coded and
  /// that, or the bytes.
  package func encode(_ elements: UnsafeRawBufferPointer, chunk index: Int) throws -> [UInt8] {
    let rows = layout.rows(ofChunk: index)
    var bytes: [UInt8] = [1]
    try Self.withPlanes(of: elements, arrangement) { divided in
      for (plane, content) in zip(planes.indices, divided) {
        switch planes[plane] {
        case .constant: break
        case .raw: bytes += content
        case .coded:
          var coded: [UInt8] = []
          try coders[plane]!.encode(content, rowLevels: rowLevels[rows], to: &coded)
          bytes.appendNumber(coded.count)
          bytes += coded
        }
      }
    }
    return bytes.count <= elements.count ? bytes : [0] + elements
  }

  private static func eachChunk(
    of source: any TensorSource, _ layout: StreamLayout, _ arrangement: ByteArrangement,
    _ body: ([UnsafeBufferPointer<UInt8>]) throws -> Void
  ) throws {
    try Coding.eachChunk(of: source, layout, width: arrangement.width) { _, elements in
      try withPlanes(of: elements, arrangement, body)
    }
  }

  private static func withPlanes(
    of elements: UnsafeRawBufferPointer, _ arrangement: ByteArrangement,
    _ body: ([UnsafeBufferPointer<UInt8>]) throws -> Void
  ) throws {
    try withScratch(elements.count) { scratch in
      arrangement.divide(elements, into: scratch)
      let count = elements.count / arrangement.width
      let bytes = UnsafeBufferPointer(scratch.bindMemory(to: UInt8.self))
      try body(
        (0..<arrangement.width).map {
          UnsafeBufferPointer(rebasing: bytes[($0 * count)..<(($0 + 1) * count)])
        })
    }
  }
}
