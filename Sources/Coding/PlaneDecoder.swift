import Tensors

/// Decodes what a ``PlaneEncoder`` coded.
package struct PlaneDecoder: StreamDecoder {
  package let layout: StreamLayout
  private let arrangement: ByteArrangement
  private let planes: [BytePlane]
  private let coders: [ContextDecoder?]

  package init(
    table: UnsafeRawBufferPointer, _ kind: StreamKind, _ type: ElementType, elementCount: Int,
    instructions: DecoderInstructions = .available
  ) throws {
    arrangement = try ByteArrangement(kind, type)
    var reader = ByteReader(table)
    let layout = try StreamLayout(
      elementCount: ByteArrangement.count(elementCount, of: type), from: &reader)
    planes = try (0..<arrangement.width).map { _ in
      try BytePlane(from: &reader, rowLength: layout.rowLength)
    }
    try reader.end(after: "a table of planes")
    coders = planes.map { plane in
      if case .coded(let model) = plane {
        ContextDecoder(model, rowLength: layout.rowLength, instructions: instructions)
      } else {
        nil
      }
    }
    self.layout = layout
  }

  package func decode(
    _ coded: UnsafeRawBufferPointer, chunk index: Int, into output: UnsafeMutableRawBufferPointer
  ) throws {
    let count = layout.chunk(index).count
    precondition(output.count == count * arrangement.width)
    var reader = ByteReader(coded)
    if try reader.byte("the kind of a chunk", in: 0...1) == 0 {
      output.copyMemory(from: try reader.bytes(output.count, "the elements"))
      return try reader.end(after: "the elements")
    }
    guard count > 0 else { return try reader.end(after: "no elements") }
    try withScratch(output.count) { scratch in
      let all = scratch.bindMemory(to: UInt8.self)
      let pointers = try planes.indices.map { plane -> UnsafePointer<UInt8> in
        let own = UnsafeMutableBufferPointer(rebasing: all[(plane * count)..<((plane + 1) * count)])
        switch planes[plane] {
        case .raw:
          let bytes = try reader.bytes(count, "a plane")
          return bytes.bindMemory(to: UInt8.self).baseAddress!
        case .constant(let byte): own.update(repeating: byte)
        case .coded:
          let size = try reader.number("the size of a plane")
          var part = ByteReader(try reader.bytes(size, "a plane"))
          try coders[plane]!.decode(&part, into: own)
        }
        return UnsafePointer(own.baseAddress!)
      }
      try reader.end(after: "the planes")
      arrangement.join(pointers, into: output)
    }
  }
}
