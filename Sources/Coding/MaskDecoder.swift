import Tensors

/// Decodes what a ``MaskEncoder`` coded.
package struct MaskDecoder: StreamDecoder {
  package let layout: StreamLayout
  private let model: MaskModel
  private let slots: [UInt32]
  private let probabilities: [UInt16]
  private let instructions: DecoderInstructions

  package init(
    table: UnsafeRawBufferPointer, _ type: ElementType, elementCount: Int,
    instructions: DecoderInstructions = .available
  ) throws {
    self.instructions = instructions
    guard type == .bool else { throw Failure(CodingReason.uncodable(.mask, type)) }
    var reader = ByteReader(table)
    layout = try StreamLayout(elementCount: elementCount, from: &reader)
    model = try MaskModel(from: &reader, rowLength: layout.rowLength)
    try reader.end(after: "a table of a mask")
    switch model {
    case .patterns(let table): (slots, probabilities) = (SlotTable.tables([table]), [])
    case .densities(let levels, let bytes):
      (slots, probabilities) = ([], levels.probabilities(bytes, rowLength: layout.rowLength))
    }
  }

  package func decode(
    _ coded: UnsafeRawBufferPointer, chunk index: Int, into output: UnsafeMutableRawBufferPointer
  ) throws {
    let count = layout.chunk(index).count
    precondition(output.count == count)
    let mask = output.bindMemory(to: UInt8.self)
    var reader = ByteReader(coded)
    if try reader.byte("the kind of a chunk", in: 0...1) == 0 {
      let patterns = try reader.bytes((count + 7) / 8, "the elements")
      try reader.end(after: "the elements")
      return try expand(patterns, into: mask)
    }
    switch model {
    case .patterns:
      try withScratch((count + 7) / 8) { patterns in
        var decoder = try ANSDecoder(reader.rest(), instructions: instructions)
        try slots.withUnsafeBufferPointer { slots in
          guard let first = patterns.baseAddress, count > 0 else { return }
          try decoder.symbols(
            patterns.count, slots: slots.baseAddress!, contexts: nil,
            into: first.assumingMemoryBound(to: UInt8.self))
        }
        try decoder.finish()
        try expand(UnsafeRawBufferPointer(patterns), into: mask)
      }
    case .densities(let levels, _): try decode(&reader, under: levels, into: mask)
    }
  }

  private func decode(
    _ reader: inout ByteReader, under levels: Levels, into mask: UnsafeMutableBufferPointer<UInt8>
  ) throws {
    let rowLength = layout.rowLength
    let rows = try levels.readRows((mask.count + rowLength - 1) / rowLength, from: &reader)
    guard let first = mask.baseAddress, !mask.isEmpty else { return }
    var decoder = try ANSDecoder(reader.rest(), instructions: instructions)
    try probabilities.withUnsafeBufferPointer { probabilities in
      for start in layout.starts(of: mask.count) {
        let level = levels.row(start / rowLength, of: rows)
        try decoder.bits(
          min(rowLength, mask.count - start),
          probabilities: probabilities.baseAddress! + level * rowLength, into: first + start)
      }
    }
    try decoder.finish()
  }

  /// Writes bits as bytes, the lowest first; those beyond the last element must be 0.
  private func expand(
    _ patterns: UnsafeRawBufferPointer, into mask: UnsafeMutableBufferPointer<UInt8>
  ) throws {
    let output = UnsafeMutableRawBufferPointer(mask)
    for index in patterns.indices {
      // One bit in each byte, moved to its lowest place.
      let bits = UInt64(patterns[index]) &* 0x0101_0101_0101_0101 & 0x8040_2010_0804_0201
      let eight = (bits &+ 0x7F7F_7F7F_7F7F_7F7F) >> 7 & 0x0101_0101_0101_0101
      let left = mask.count &- index &* 8
      if left >= 8 {
        output.storeBytes(of: eight, toByteOffset: index &* 8, as: UInt64.self)
      } else {
        for place in 0..<left { mask[index * 8 + place] = UInt8(eight >> UInt64(8 * place) & 1) }
        guard eight >> UInt64(8 * left) == 0 else {
          throw Failure(CodingReason.follows(1, "the last element of a mask"))
        }
      }
    }
  }
}
