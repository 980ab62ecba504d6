/// The CRC-32C (Castagnoli) of bytes, as iSCSI, LevelDB and TensorFlow have it (RFC 3720, appendix B.4).
///
/// A remainder is what is left of a message alone, without the ones that the checksum begins and ends with, so that
/// those of pieces can be put together in any order: the remainder of `a` followed by `b` is that of `a`,
/// ``shifted(_:over:)`` over the length of `b`, XOR that of `b`.
package enum CRC32C {
  package static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    ~remainder(of: bytes, following: .max)
  }

  /// The checksum of a message of which the remainder is known.
  ///
  /// - Parameter count: of its bytes.
  package static func checksum(ofRemainder remainder: UInt32, count: Int) -> UInt32 {
    ~(remainder ^ shifted(.max, over: count))
  }

  /// The remainder of bytes, or of what another remainder was left of and these bytes after it.
  package static func remainder(
    of bytes: UnsafeRawBufferPointer, following earlier: UInt32 = 0
  ) -> UInt32 {
    tables.withUnsafeBufferPointer { tables in
      var remainder = earlier
      let whole = bytes.count & ~7
      for offset in stride(from: 0, to: whole, by: 8) {
        let word =
          UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
          ^ UInt64(remainder)
        remainder =
          tables[Int(truncatingIfNeeded: word >> 56)]
          ^ tables[256 + Int(truncatingIfNeeded: (word >> 48) & 0xFF)]
          ^ tables[512 + Int(truncatingIfNeeded: (word >> 40) & 0xFF)]
          ^ tables[768 + Int(truncatingIfNeeded: (word >> 32) & 0xFF)]
          ^ tables[1024 + Int(truncatingIfNeeded: (word >> 24) & 0xFF)]
          ^ tables[1280 + Int(truncatingIfNeeded: (word >> 16) & 0xFF)]
          ^ tables[1536 + Int(truncatingIfNeeded: (word >> 8) & 0xFF)]
          ^ tables[1792 + Int(truncatingIfNeeded: word & 0xFF)]
      }
      for byte in bytes[whole...] {
        remainder = remainder >> 8 ^ tables[Int((remainder ^ UInt32(byte)) & 0xFF)]
      }
      return remainder
    }
  }

  /// A remainder as it would be with so many zero bytes behind it.
  package static func shifted(_ remainder: UInt32, over count: Int) -> UInt32 {
    var (product, bits) = (remainder, UInt64(count) * 8)
    var place = 0
    while bits > 0 {
      if bits & 1 != 0 { product = multiplied(product, powers[place]) }
      bits >>= 1
      place += 1
    }
    return product
  }

  /// The polynomial, its coefficients from the lowest power at the highest bit.
  private static let polynomial: UInt32 = 0x82F6_3B78

  /// The product of two polynomials over GF(2), modulo the one above.
  private static func multiplied(_ left: UInt32, _ right: UInt32) -> UInt32 {
    var (product, right) = (UInt32(0), right)
    for bit in (0..<32).reversed() {
      if left >> UInt32(bit) & 1 != 0 { product ^= right }
      right = right & 1 != 0 ? right >> 1 ^ polynomial : right >> 1
    }
    return product
  }

  /// x to the power of 1, 2, 4, 8 ….
  private static let powers: [UInt32] = {
    var powers: [UInt32] = [1 << 30]
    while powers.count < 64 { powers.append(multiplied(powers.last!, powers.last!)) }
    return powers
  }()

  /// The remainders of each byte with 0 to 7 zero bytes behind it, after each other: slicing by 8.
  private static let tables: [UInt32] = {
    var tables = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { value, _ in
        value & 1 != 0 ? value >> 1 ^ polynomial : value >> 1
      }
    }
    for index in 256..<2048 {
      let before = tables[index - 256]
      tables.append(before >> 8 ^ tables[Int(before & 0xFF)])
    }
    return tables
  }()
}
