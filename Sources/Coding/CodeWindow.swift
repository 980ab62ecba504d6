import Glibc
import Tensors

/// Which 256 steps of integers are symbols: `value = (symbol + base) << shift | low bits`.
///
/// Values outside are exceptions, said one by one.
struct CodeWindow: Sendable, Equatable {
  static let widestShift = 24

  var base = 0
  /// Bits of a value that are not modelled: those of wide, smooth distributions.
  var shift = 0

  /// The window of elements that are bytes: all of them.
  init(bytes type: ElementType) { base = type == .i8 ? -128 : 0 }

  /// The window under which values like some of a tensor's take the fewest bits.
  init(fitting sample: [Int]) {
    let sorted = sample.sorted()
    var fewest = Double.infinity
    for shift in 0...Self.widestShift {
      let steps = sorted.map { $0 >> shift }
      let (start, within) = Self.densest(steps)
      var bits = Double(shift * within.count)
      var counts = [Int](repeating: 0, count: FrequencyTable.symbols)
      for step in steps[within] { counts[step - start] += 1 }
      bits += ShannonBound.bits(counts: counts)
      // An exception takes a place and a value, of some bytes each, beside a symbol that stands in.
      bits += Double(steps.count - within.count) * 36
      if bits < fewest { (fewest, base, self.shift) = (bits, start, shift) }
      if within.count == steps.count { break }
    }
  }

  /// The first of the 256 steps that hold most of the values, and those values' places.
  private static func densest(_ sorted: [Int]) -> (start: Int, within: Range<Int>) {
    var best = 0..<0
    var end = 0
    for first in sorted.indices {
      while end < sorted.count, sorted[end] - sorted[first] < FrequencyTable.symbols { end += 1 }
      if end - first > best.count { best = first..<end }
    }
    return (best.isEmpty ? 0 : sorted[best.lowerBound], best)
  }

  /// The symbol of a value, or nil for an exception.
  @inline(__always)
  func symbol(of value: Int) -> UInt8? {
    let step = (value >> shift) - base
    return step >= 0 && step < FrequencyTable.symbols ? UInt8(truncatingIfNeeded: step) : nil
  }

  /// What symbols say of the spread of the values, in units of 2⁻¹⁰ of a bit.
  func measure(isSigned: Bool) -> [Int32] {
    let centre = isSigned ? min(max(-base, 0), FrequencyTable.symbols - 1) : 128
    return (0..<FrequencyTable.symbols).map { symbol in
      Int32((log2(Double(abs(symbol - centre)) + 0.5) * 1024).rounded())
    }
  }

  func write(to bytes: inout [UInt8]) {
    bytes.append(UInt8(shift))
    bytes.appendSignedNumber(base)
  }

  init(from reader: inout ByteReader) throws {
    shift = try reader.byte("a shift", in: 0...Self.widestShift)
    base = try reader.signedNumber("the base of symbols")
  }
}
