import Tensors

/// The parts of wide integers under a ``CodeWindow``: symbols, low bits, exceptions.
///
/// An exception's place has a symbol that stands in, and low bits of 0.
struct CodeSplit {
  let window: CodeWindow
  /// The symbol in the place of an exception.
  let placeholder: UInt8

  /// Calls a closure with the symbols of elements; then what it returns follows.
  func withSymbols<Result>(
    of elements: UnsafeRawBufferPointer, _ type: ElementType,
    _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) throws -> Result {
    let count = elements.count / type.byteWidth!
    return try withScratch(count) { scratch in
      let symbols = scratch.bindMemory(to: UInt8.self)
      eachInteger(of: elements, type) { index, value in
        symbols[index] = window.symbol(of: value) ?? placeholder
      }
      return try body(UnsafeBufferPointer(symbols))
    }
  }

  /// The number of exceptions, for each how many elements stand before it since the one before, and its
  /// value; then the low bits of all elements.
  func writeRest(of elements: UnsafeRawBufferPointer, _ type: ElementType, to bytes: inout [UInt8])
  {
    var exceptions: [UInt8] = []
    var count = 0
    var next = 0
    var bits = BitWriter()
    let mask = UInt64(1) << UInt64(window.shift) - 1
    eachInteger(of: elements, type) { index, value in
      let isException = window.symbol(of: value) == nil
      if isException {
        exceptions.appendNumber(index - next)
        exceptions.appendSignedNumber(value)
        (count, next) = (count + 1, index + 1)
      }
      if window.shift > 0 {
        bits.write(isException ? 0 : UInt64(truncatingIfNeeded: value) & mask, width: window.shift)
      }
    }
    bytes.appendNumber(count)
    bytes += exceptions
    bytes += bits.finish()
  }
}

/// Calls a closure with the place and the value of each element.
///
/// - Precondition: the type is one of integers of at most 32 bits.
@inline(__always)
func eachInteger(
  of elements: UnsafeRawBufferPointer, _ type: ElementType, _ body: (Int, Int) -> Void
) {
  @inline(__always) func each<Value: FixedWidthInteger>(_: Value.Type) {
    let width = MemoryLayout<Value>.size
    for index in 0..<(elements.count / width) {
      let value = elements.loadUnaligned(fromByteOffset: index &* width, as: Value.self)
      body(index, Int(truncatingIfNeeded: value))
    }
  }
  switch type {
  case .i8: each(Int8.self)
  case .u8: each(UInt8.self)
  case .i16: each(Int16.self)
  case .u16: each(UInt16.self)
  case .i32: each(Int32.self)
  case .u32: each(UInt32.self)
  default: preconditionFailure("not an integer of at most 32 bits: \(type.rawValue)")
  }
}
