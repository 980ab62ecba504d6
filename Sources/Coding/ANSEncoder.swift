import Tensors

/// Interleaved coders of asymmetric numeral systems, the range variant, on their way from the last symbol
/// to the first.
///
/// States stay in 2¹⁶ ..< 2³² and give off words of 16 bits, at most one for a symbol. Coded bytes are the
/// states, then the words, in the order in which a decoder takes them (Duda, "Asymmetric numeral
/// systems", 2013; Giesen, "Interleaved entropy coders", 2014).
struct ANSEncoder {
  /// Coders that take turns where there are many symbols.
  static let lanes = 8
  static let lowest: UInt32 = 1 << 16

  private let states: UnsafeMutablePointer<UInt32>
  private var first: UnsafeMutablePointer<UInt16>
  /// Whether a symbol came that the model does not expect at all.
  var hasMissed = false

  /// The coded bytes of what a closure puts in, the last symbol first.
  ///
  /// - Parameter count: of symbols, at most.
  /// - Throws: ``CodingReason`` if one of them is not in the model.
  static func encode(
    count: Int, lanes: Int = lanes, _ body: (inout ANSEncoder) -> Void
  ) throws -> [UInt8] {
    try withScratch(lanes * 4 + count * 2) { scratch in
      let end = scratch.baseAddress! + lanes * 4 + count * 2
      let states = scratch.baseAddress!.bindMemory(to: UInt32.self, capacity: lanes)
      for lane in 0..<lanes { states[lane] = lowest }
      let words = (scratch.baseAddress! + lanes * 4).bindMemory(to: UInt16.self, capacity: count)
      var encoder = ANSEncoder(states: states, first: words + count)
      body(&encoder)
      guard !encoder.hasMissed else { throw Failure(CodingReason.changed) }
      var bytes = [UInt8]()
      let size = end - UnsafeMutableRawPointer(encoder.first)
      bytes.reserveCapacity(lanes * 4 + size)
      bytes.append(contentsOf: UnsafeRawBufferPointer(start: states, count: lanes * 4))
      bytes.append(contentsOf: UnsafeRawBufferPointer(start: encoder.first, count: size))
      return bytes
    }
  }

  /// Codes a symbol that is expected `frequency` times in 2^precision, after others that are `start` times.
  @inline(__always)
  mutating func put(lane: Int, frequency: UInt32, start: UInt32, precision: UInt32) {
    var state = states[lane]
    if state >> (32 &- precision) >= frequency {
      first -= 1
      first.pointee = UInt16(truncatingIfNeeded: state)
      state >>= 16
    }
    let (quotient, remainder) = state.quotientAndRemainder(dividingBy: frequency)
    states[lane] = quotient << precision &+ remainder &+ start
  }
}
