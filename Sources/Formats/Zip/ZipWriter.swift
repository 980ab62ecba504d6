import Checkpoints
import Synchronization
import Tensors

/// An archive of stored members, laid out before it is written: each member's data begin at a multiple of 64 bytes, so that
/// readers can map them.
///
/// Checksums follow the data, as they are found while those are written (APPNOTE.TXT 6.3.10, 4.3.9); what is longer than 32 bits can say is said in ZIP64.
struct ZipWriter {
  /// A file of the archive: some bytes, and behind them those of a tensor.
  struct Member {
    var name: String
    var prefix: [UInt8] = []
    var tensor: NamedTensor?

    var byteCount: Int { prefix.count + (tensor?.tensor.byteCount ?? 0) }
  }

  private let entries: [Entry]
  private let directoryStart: Int
  private let directoryByteCount: Int
  let byteCount: Int

  private struct Entry {
    var member: Member
    var header: [UInt8]
    var headerOffset: Int

    var dataOffset: Int { headerOffset + header.count }
    var isLong: Bool { member.byteCount >= ZipWriter.limit32 }
    var descriptorOffset: Int { dataOffset + member.byteCount }
    var end: Int { descriptorOffset + (isLong ? 24 : 16) }
  }

  fileprivate static let limit32 = Int(UInt32.max)
  private static let alignment = 64

  init(_ members: [Member]) {
    var entries: [Entry] = []
    for member in members {
      let offset = entries.last?.end ?? 0
      entries.append(
        Entry(
          member: member, header: Self.header(of: member, at: offset), headerOffset: offset))
    }
    self.entries = entries
    directoryStart = entries.last?.end ?? 0
    directoryByteCount = entries.reduce(0) { $0 + Self.directoryEntry($1, checksum: 0).count }
    byteCount =
      directoryStart + directoryByteCount
      + Self.end(entries.count, start: directoryStart, byteCount: directoryByteCount).count
  }

  /// Writes the archive; to a pipe in order, else the tensors on several threads.
  func write(to file: OutputFile, options: WriteOptions) throws {
    try file.reserve(byteCount)
    let sums = PieceSums()
    for group in file.isSequential ? entries.map({ [$0] }) : [entries] {
      for entry in group {
        try file.write(entry.header + entry.member.prefix, at: entry.headerOffset)
      }
      let placed = group.compactMap { entry in
        entry.member.tensor.map {
          PlacedTensor($0, at: entry.dataOffset + entry.member.prefix.count)
        }
      }
      try file.write(placed, options: options, watching: sums.take)
      for entry in group {
        try file.write(descriptor(of: entry, sums), at: entry.descriptorOffset)
      }
    }
    let directory = entries.flatMap {
      Self.directoryEntry($0, checksum: checksum(of: $0, sums))
    }
    let end = Self.end(entries.count, start: directoryStart, byteCount: directoryByteCount)
    try file.write(directory + end, at: directoryStart)
  }

  private func checksum(of entry: Entry, _ sums: PieceSums) -> UInt32 {
    let start = entry.dataOffset + entry.member.prefix.count
    let first = Formats.checksum(entry.member.prefix)
    return sums.checksum(after: first, of: start..<entry.descriptorOffset)
  }

  private func descriptor(of entry: Entry, _ sums: PieceSums) -> [UInt8] {
    var bytes = [UInt8]()
    bytes.append(number: UInt32(0x0807_4B50))
    bytes.append(number: checksum(of: entry, sums))
    for _ in 0..<2 {
      if entry.isLong {
        bytes.append(number: UInt64(entry.member.byteCount))
      } else {
        bytes.append(number: UInt32(entry.member.byteCount))
      }
    }
    return bytes
  }
}

extension ZipWriter {
  /// PyTorch's own kind of padding in a header.
  private static let padding = UInt16(UInt8(ascii: "F")) | UInt16(UInt8(ascii: "B")) << 8

  /// A member's own header, padded so that its data are aligned.
  private static func header(of member: Member, at offset: Int) -> [UInt8] {
    let isLong = member.byteCount >= limit32
    var extra: [UInt8] = []
    if isLong {
      extra.append(number: UInt16(1))
      extra.append(number: UInt16(16))
      extra += [UInt8](repeating: 0, count: 16)
    }
    let start = offset + 30 + member.name.utf8.count + extra.count + 4
    let gap = (alignment - start % alignment) % alignment
    extra.append(number: padding)
    extra.append(number: UInt16(gap))
    extra += [UInt8](repeating: UInt8(ascii: "Z"), count: gap)
    var header: [UInt8] = []
    header.append(number: UInt32(0x0403_4B50))
    header.appendVersion(isLong)
    header.append(number: UInt32(0))
    let size = isLong ? UInt32.max : 0
    header.append(number: size)
    header.append(number: size)
    header.append(number: UInt16(member.name.utf8.count))
    header.append(number: UInt16(extra.count))
    return header + member.name.utf8 + extra
  }

  private static func directoryEntry(_ entry: Entry, checksum: UInt32) -> [UInt8] {
    var extra: [UInt8] = []
    let isFar = entry.headerOffset >= limit32
    if entry.isLong || isFar {
      extra.append(number: UInt16(1))
      extra.append(number: UInt16((entry.isLong ? 16 : 0) + (isFar ? 8 : 0)))
      if entry.isLong {
        extra.append(number: UInt64(entry.member.byteCount))
        extra.append(number: UInt64(entry.member.byteCount))
      }
      if isFar { extra.append(number: UInt64(entry.headerOffset)) }
    }
    var bytes: [UInt8] = []
    bytes.append(number: UInt32(0x0201_4B50))
    bytes.append(number: UInt16(45))
    bytes.appendVersion(entry.isLong || isFar)
    bytes.append(number: checksum)
    let size = UInt32(clamping: entry.isLong ? limit32 : entry.member.byteCount)
    bytes.append(number: size)
    bytes.append(number: size)
    bytes.append(number: UInt16(entry.member.name.utf8.count))
    bytes.append(number: UInt16(extra.count))
    // No comment, on the first part, no attributes.
    bytes += [UInt8](repeating: 0, count: 10)
    bytes.append(number: UInt32(clamping: isFar ? limit32 : entry.headerOffset))
    return bytes + entry.member.name.utf8 + extra
  }

  /// The end of the directory, in its long form too where the short one cannot say it.
  private static func end(_ count: Int, start: Int, byteCount: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    if count >= Int(UInt16.max) || start >= limit32 || byteCount >= limit32 {
      bytes.append(number: UInt32(0x0606_4B50))
      bytes.append(number: UInt64(44))
      bytes.append(number: UInt16(45))
      bytes.append(number: UInt16(45))
      bytes.append(number: UInt64(0))
      for number in [count, count, byteCount, start] { bytes.append(number: UInt64(number)) }
      bytes.append(number: UInt32(0x0706_4B50))
      bytes.append(number: UInt32(0))
      bytes.append(number: UInt64(start + byteCount))
      bytes.append(number: UInt32(1))
    }
    bytes.append(number: UInt32(0x0605_4B50))
    bytes.append(number: UInt32(0))
    bytes.append(number: UInt16(clamping: count))
    bytes.append(number: UInt16(clamping: count))
    bytes.append(number: UInt32(clamping: byteCount))
    bytes.append(number: UInt32(clamping: start))
    bytes.append(number: UInt16(0))
    return bytes
  }
}

extension [UInt8] {
  /// Appends a number, the lowest byte first.
  mutating func append(number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  /// What headers and entries of the directory have in common: the version that a reader needs; that names are UTF-8, and sizes and checksums stand
  /// behind the data; no compression; the midnight with which 1980 began.
  fileprivate mutating func appendVersion(_ isLong: Bool) {
    for field: UInt16 in [isLong ? 45 : 20, 0x0808, 0, 0, 0x0021] { append(number: field) }
  }
}

/// The checksums of pieces of a file, by where they lie, as several threads write them.
private final class PieceSums: Sendable {
  private let sums = Mutex<[Int: (byteCount: Int, sum: UInt32)]>([:])

  @Sendable func take(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    let sum = Formats.checksum(bytes)
    sums.withLock { $0[offset] = (bytes.count, sum) }
  }

  /// The checksum of some bytes whose own is known, and what was written to a range.
  func checksum(after first: UInt32, of range: Range<Int>) -> UInt32 {
    sums.withLock { sums in
      var (sum, offset) = (first, range.lowerBound)
      while offset < range.upperBound, let piece = sums[offset] {
        sum = joinedChecksum(sum, piece.sum, byteCount: piece.byteCount)
        offset += piece.byteCount
      }
      return sum
    }
  }
}
