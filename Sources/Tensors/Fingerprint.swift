/// A 64-bit hash by which the same content is known again, for guarding against mistakes, not against forgery.
///
/// Bytes are mixed as little-endian words in the order given (multiply and xor-shift, as in Steele, Lea and Flood,
/// "Fast Splittable Pseudorandom Number Generators", 2014).
package struct Fingerprint: Sendable {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  package init() {}

  package mutating func combine(_ bytes: UnsafeRawBufferPointer) {
    var lanes = (state, state ^ 1, state ^ 2, state ^ 3)
    let whole = bytes.count / 32 * 32
    for offset in stride(from: 0, to: whole, by: 32) {
      lanes.0 = mixed(lanes.0, word(bytes, offset))
      lanes.1 = mixed(lanes.1, word(bytes, offset &+ 8))
      lanes.2 = mixed(lanes.2, word(bytes, offset &+ 16))
      lanes.3 = mixed(lanes.3, word(bytes, offset &+ 24))
    }
    state = mixed(mixed(mixed(lanes.0, lanes.1), lanes.2), lanes.3)
    for byte in bytes[whole...] { state = mixed(state, UInt64(byte)) }
    state = mixed(state, UInt64(bytes.count))
  }

  package mutating func combine(_ text: String) {
    var text = text
    text.withUTF8 { combine(UnsafeRawBufferPointer($0)) }
  }

  /// 16 hexadecimal digits.
  package var text: String {
    let digits = String(finished, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private var finished: UInt64 {
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  private func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  private func mixed(_ state: UInt64, _ word: UInt64) -> UInt64 {
    let value = (state ^ word) &* 0x9FB2_1C65_1E98_DF25
    return value ^ (value >> 29)
  }
}
