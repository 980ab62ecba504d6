import CZlib

/// The CRC-32 of bytes, as zlib and gzip have it.
func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return 0 }
  return UInt32(truncatingIfNeeded: CZlib.crc32_z(0, start, bytes.count))
}

func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { checksum($0) } }

/// The CRC-32 of some bytes and others behind them, by those of both.
func joinedChecksum(_ first: UInt32, _ second: UInt32, byteCount: Int) -> UInt32 {
  UInt32(truncatingIfNeeded: CZlib.crc32_combine(UInt(first), UInt(second), byteCount))
}

/// Eight digits.
func hexadecimal(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
