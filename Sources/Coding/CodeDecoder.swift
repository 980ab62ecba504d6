import Tensors

/// Decodes what a ``CodeEncoder`` coded.
package struct CodeDecoder: StreamDecoder {
  package let layout: StreamLayout
  private let type: ElementType
  private let width: Int
  private let window: CodeWindow
  private let coder: ContextDecoder

  package init(
    table: UnsafeRawBufferPointer, _ type: ElementType, elementCount: Int,
    instructions: DecoderInstructions = .available
  ) throws {
    guard StreamKind(type) == .codes, let width = type.byteWidth else {
      throw Failure(CodingReason.uncodable(.codes, type))
    }
    var reader = ByteReader(table)
    layout = try StreamLayout(elementCount: elementCount, from: &reader)
    window = width == 1 ? CodeWindow(bytes: type) : try CodeWindow(from: &reader)
    let model = try ContextModel(from: &reader, rowLength: layout.rowLength)
    try reader.end(after: "a table of codes")
    coder = ContextDecoder(
      model, rowLength: layout.rowLength, flip: width == 1 && type == .i8 ? 0x80 : 0,
      instructions: instructions)
    self.type = type
    self.width = width
  }

  package func decode(
    _ coded: UnsafeRawBufferPointer, chunk index: Int, into output: UnsafeMutableRawBufferPointer
  ) throws {
    let count = layout.chunk(index).count
    precondition(output.count == count * width)
    var reader = ByteReader(coded)
    if try reader.byte("the kind of a chunk", in: 0...1) == 0 {
      output.copyMemory(from: try reader.bytes(output.count, "the elements"))
      return try reader.end(after: "the elements")
    }
    if width == 1 {
      return try coder.decode(&reader, into: output.bindMemory(to: UInt8.self))
    }
    let exceptions = try exceptions(among: count, from: &reader)
    let lowBits = try reader.bytes((count * window.shift + 7) / 8, "the low bits")
    try withScratch(count) { scratch in
      let symbols = scratch.bindMemory(to: UInt8.self)
      try coder.decode(&reader, into: symbols)
      switch type {
      case .i16: try join(symbols, lowBits, exceptions, into: output, Int16.self)
      case .u16: try join(symbols, lowBits, exceptions, into: output, UInt16.self)
      case .i32: try join(symbols, lowBits, exceptions, into: output, Int32.self)
      default: try join(symbols, lowBits, exceptions, into: output, UInt32.self)
      }
    }
  }

  private func exceptions(
    among count: Int, from reader: inout ByteReader
  ) throws -> [(place: Int, value: Int)] {
    let total = try reader.number("the number of exceptions", in: 0...count)
    var next = 0
    var exceptions: [(place: Int, value: Int)] = []
    for _ in 0..<total {
      let place = next + (try reader.number("the place of an exception", in: 0...count))
      guard place < count else {
        throw Failure(
          CodingReason.beyond("the place of an exception", found: place, allowed: 0...(count - 1)))
      }
      exceptions.append((place, try reader.signedNumber("an exception")))
      next = place + 1
    }
    return exceptions
  }

  private func join<Value: FixedWidthInteger>(
    _ symbols: UnsafeMutableBufferPointer<UInt8>, _ lowBits: UnsafeRawBufferPointer,
    _ exceptions: [(place: Int, value: Int)], into output: UnsafeMutableRawBufferPointer,
    _: Value.Type
  ) throws {
    let size = MemoryLayout<Value>.size
    func store(_ value: Value, _ index: Int) {
      output.storeBytes(of: value, toByteOffset: index &* size, as: Value.self)
    }
    let shift = window.shift
    for index in symbols.indices {
      let high = (Int(symbols[index]) &+ window.base) &<< shift
      let low = shift == 0 ? 0 : Self.bits(of: lowBits, index &* shift, width: shift)
      store(Value(truncatingIfNeeded: high | low), index)
    }
    for (place, value) in exceptions {
      guard let exact = Value(exactly: value) else {
        throw Failure(
          CodingReason.beyond(
            "an exception", found: value, allowed: Int(Value.min)...Int(Value.max)))
      }
      store(exact, place)
    }
  }

  /// At most 24 bits from some place on.
  @inline(__always)
  private static func bits(of bytes: UnsafeRawBufferPointer, _ place: Int, width: Int) -> Int {
    let first = place >> 3
    let word: UInt32
    if first &+ 4 <= bytes.count {
      word = bytes.loadUnaligned(fromByteOffset: first, as: UInt32.self)
    } else {
      word = (first..<bytes.count).reversed().reduce(0) { $0 << 8 | UInt32(bytes[$1]) }
    }
    return Int(word >> UInt32(place & 7)) & (1 << width - 1)
  }
}
