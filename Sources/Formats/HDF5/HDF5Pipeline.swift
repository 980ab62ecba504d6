import Tensors

/// The filters that a dataset's chunks went through, in the order of writing.
struct HDF5Pipeline: Sendable {
  private enum Stage: Sendable {
    case deflate
    case shuffle(width: Int)
    case fletcher32
  }

  private let stages: [Stage]

  private static let checksumSize = 4

  /// Nil if one of the filters cannot be undone here, or deflate comes twice.
  init?(_ filters: [HDF5Filter], elementSize: Int) {
    var stages: [Stage] = []
    for filter in filters {
      switch filter.identifier {
      case 1: stages.append(.deflate)
      case 2: stages.append(.shuffle(width: filter.values.first.map(Int.init) ?? elementSize))
      case 3: stages.append(.fletcher32)
      default: return nil
      }
    }
    guard filters.count(where: { $0.identifier == 1 }) <= 1, filters.count <= 32 else { return nil }
    self.stages = stages
  }

  /// Undoes the filters and lends the chunk.
  ///
  /// - Parameters:
  ///   - mask: bit i says that filter i was skipped.
  ///   - byteCount: of the chunk when nothing was done to it yet.
  func withChunk(
    _ stored: UnsafeRawBufferPointer, mask: UInt32, byteCount: Int,
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try undo(stages.count, mask, stored, byteCount, body)
  }

  /// Undoes the last of the first so many stages, then those before it.
  private func undo(
    _ count: Int, _ mask: UInt32, _ bytes: UnsafeRawBufferPointer, _ byteCount: Int,
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    guard count > 0 else {
      guard bytes.count == byteCount else {
        throw Failure(HDF5DataReason.chunkSize(expected: byteCount, found: bytes.count))
      }
      return try body(bytes)
    }
    let index = count - 1
    if mask & 1 << index != 0 { return try undo(index, mask, bytes, byteCount, body) }
    switch stages[index] {
    case .fletcher32: try undo(index, mask, try verified(bytes), byteCount, body)
    case .shuffle(let width):
      guard width > 1, bytes.count >= width else {
        return try undo(index, mask, bytes, byteCount, body)
      }
      try withScratch(bytes.count) { scratch in
        bytes.unshuffle(into: scratch, width: width)
        try undo(index, mask, UnsafeRawBufferPointer(scratch), byteCount, body)
      }
    case .deflate:
      let size = byteCount + Self.checksumSize * checksums(before: index, mask)
      guard Inflation.isPossible(size, from: bytes.count) else {
        throw Failure(InflationReason.impossible(size))
      }
      try withScratch(size) { scratch in
        let window = Inflation.zlibWindow
        try Inflation.inflate(bytes, byteCount: size, window: window, through: scratch) { _ in }
        try undo(index, mask, UnsafeRawBufferPointer(scratch), byteCount, body)
      }
    }
  }

  /// How many checksums the stages before one have added.
  private func checksums(before index: Int, _ mask: UInt32) -> Int {
    (0..<index).count {
      if case .fletcher32 = stages[$0] { mask & 1 << $0 == 0 } else { false }
    }
  }

  /// The bytes without the checksum behind them.
  private func verified(_ bytes: UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
    let count = bytes.count - Self.checksumSize
    guard count >= 0 else {
      throw Failure(HDF5DataReason.chunkSize(expected: Self.checksumSize, found: bytes.count))
    }
    let data = UnsafeRawBufferPointer(rebasing: bytes[..<count])
    let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: count, as: UInt32.self))
    let computed = data.fletcher32
    // Before version 1.6.3, little-endian machines swapped the bytes of both sums.
    let early = (computed & 0x00FF_00FF) << 8 | (computed & 0xFF00_FF00) >> 8
    guard stored == computed || stored == early else {
      throw Failure(HDF5DataReason.checksum(stored: stored, computed: computed))
    }
    return data
  }
}

extension UnsafeRawBufferPointer {
  /// Fletcher's checksum over big-endian words of 16 bits, as `H5_checksum_fletcher32` computes it.
  fileprivate var fletcher32: UInt32 {
    var (first, second): (UInt32, UInt32) = (0, 0)
    func reduced(_ sum: UInt32) -> UInt32 { sum & 0xFFFF + sum >> 16 }
    // No sum overflows 32 bits within so many words.
    let block = 360 * 2
    for start in stride(from: 0, to: count & ~1, by: block) {
      for offset in stride(from: start, to: Swift.min(start + block, count & ~1), by: 2) {
        first &+= UInt32(self[offset]) << 8 | UInt32(self[offset + 1])
        second &+= first
      }
      (first, second) = (reduced(first), reduced(second))
    }
    if count % 2 != 0 {
      first &+= UInt32(self[count - 1]) << 8
      second &+= first
      (first, second) = (reduced(first), reduced(second))
    }
    return reduced(second) << 16 | reduced(first)
  }

  /// Puts together what the shuffle filter took apart: all first bytes, then all second bytes …;
  /// what is left over at the end stays as it is.
  fileprivate func unshuffle(into target: UnsafeMutableRawBufferPointer, width: Int) {
    let elements = count / width
    for byte in 0..<width {
      var source = byte * elements
      var place = byte
      for _ in 0..<elements {
        target[place] = self[source]
        source += 1
        place += width
      }
    }
    for index in (elements * width)..<count { target[index] = self[index] }
  }
}
