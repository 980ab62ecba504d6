import Coding
import Tensors

/// One block of a table, its checksum held and its compression undone: entries whose keys leave out what they share
/// with the key before, then offsets of entries that leave out nothing.
struct TableBlock {
  /// The compression and the checksum, which follow a block.
  static let trailerSize = 5

  private let bytes: [UInt8]
  /// Where it begins in the file.
  private let start: Int
  private let isCompressed: Bool
  private let entriesEnd: Int

  init(_ handle: SortedTable.BlockHandle, of file: InputFile) throws {
    start = handle.offset
    let end = handle.offset + handle.byteCount
    (bytes, isCompressed) = try file.withBytes(handle.offset..<(end + Self.trailerSize)) { stored in
      let expected = unmasked(
        UInt32(
          littleEndian: stored.loadUnaligned(fromByteOffset: handle.byteCount + 1, as: UInt32.self))
      )
      let found = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: stored[...handle.byteCount]))
      guard found == expected else {
        throw Failure(
          TableReason.checksum(expected: expected, found: found), at: Place(offset: handle.offset))
      }
      let content = UnsafeRawBufferPointer(rebasing: stored[..<handle.byteCount])
      switch stored[handle.byteCount] {
      case 0: return ([UInt8](content), false)
      case 1: return (try Self.decompress(content, at: handle.offset), true)
      case let type: throw Failure(TableReason.compression(type), at: Place(offset: end))
      }
    }
    entriesEnd = try Self.entriesEnd(of: bytes, at: handle.offset)
  }

  private static func decompress(_ bytes: UnsafeRawBufferPointer, at start: Int) throws -> [UInt8] {
    do throws(Failure) {
      return try Snappy.decompress(bytes)
    } catch {
      throw Failure(error.reason, at: Place(offset: start + (error.place.offset ?? 0)))
    }
  }

  /// Where the offsets behind the entries begin, by their number at the end.
  private static func entriesEnd(of bytes: [UInt8], at start: Int) throws -> Int {
    guard bytes.count >= 4 else { throw Failure(TableReason.endsWithin, at: Place(offset: start)) }
    let count = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let size = (Int(count) + 1) * 4
    guard size <= bytes.count else {
      throw Failure(TableReason.restarts(count, blockSize: bytes.count), at: Place(offset: start))
    }
    return bytes.count - size
  }

  /// Hands over every entry.
  ///
  /// - Parameter earlier: the last key of the block before.
  /// - Returns: its own last key.
  @discardableResult func visitEntries(
    _ budget: inout KeyBudget, after earlier: [UInt8]?, _ body: (TableEntry) throws -> Void
  ) throws -> [UInt8]? {
    try bytes.withUnsafeBytes { bytes in
      var fields = ProtobufReader(UnsafeRawBufferPointer(rebasing: bytes[..<entriesEnd]))
      var (key, latest) = ([UInt8](), earlier)
      while !fields.isAtEnd {
        let offset = isCompressed ? start : start + fields.position
        func failure(_ reason: TableReason) -> Failure {
          Failure(reason, at: Place(offset: offset))
        }
        let (shared, rest) = (try fields.varint(), try fields.varint())
        let valueCount = try fields.varint()
        guard shared <= UInt64(key.count) else { throw failure(.shared(shared, of: key.count)) }
        let left = UInt64(entriesEnd - fields.position)
        guard rest <= left, valueCount <= left - rest else { throw failure(.endsWithin) }
        let suffix = try fields.take(Int(rest))
        let valueOffset = isCompressed ? start : start + fields.position
        let value = try fields.take(Int(valueCount))
        // What keys share need not be compared.
        let isAscending =
          key.isEmpty && latest != nil
          ? latest!.lexicographicallyPrecedes(suffix)
          : latest == nil || key[Int(shared)...].lexicographicallyPrecedes(suffix)
        guard isAscending else { throw failure(.keyOrder) }
        key.removeSubrange(Int(shared)...)
        key.append(contentsOf: suffix)
        latest = key
        try budget.spend(key.count)
        try body(TableEntry(key: key, value: [UInt8](value), offset: valueOffset))
      }
      return latest
    }
  }
}

/// A checksum as it was before it was masked, so that one of bytes that hold checksums is not a special case
/// (`tensorflow/tsl/lib/hash/crc32c.h`).
func unmasked(_ checksum: UInt32) -> UInt32 {
  let rotated = checksum &- 0xA282_EAD8
  return rotated >> 17 | rotated << 15
}
