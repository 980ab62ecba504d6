import Foundation

/// A ZIP archive made by hand, so that each field of it can be wrong.
struct ZipFixture {
  struct Member {
    var name: String
    var bytes: [UInt8]
    var isDeflated = false
    var localName: String?
    var flags: UInt16 = 0
    var localFlags: UInt16?
    var method: UInt16?
    var checksum: UInt32?
    var declared: Int?
    var localDeclared: Int?
    var offset: Int?
    var isLong = false
  }

  var members: [Member]
  var comment: [UInt8] = []
  var isLong = false

  init(_ members: [Member]) { self.members = members }

  var bytes: [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for member in members {
      let stored = member.isDeflated ? deflated(member.bytes) : member.bytes
      let offset = file.count
      let method = member.method ?? (member.isDeflated ? 8 : 0)
      let checksum = member.checksum ?? crc32(member.bytes)
      let hasDescriptor = member.flags & 8 != 0
      func sizes(_ declared: Int?) -> (fields: [UInt8], extra: [UInt8]) {
        let whole = declared ?? member.bytes.count
        guard member.isLong else { return (le(stored.count, 4) + le(whole, 4), []) }
        return (
          le(0xFFFF_FFFF, 4) + le(0xFFFF_FFFF, 4),
          le(1, 2) + le(16, 2) + le(whole, 8) + le(stored.count, 8)
        )
      }
      let local = sizes(member.localDeclared ?? member.declared)
      file += [0x50, 0x4B, 3, 4] + le(20, 2) + le(Int(member.localFlags ?? member.flags), 2)
      file += le(Int(method), 2) + le(0, 4) + le(hasDescriptor ? 0 : Int(checksum), 4)
      file += hasDescriptor ? le(0, 8) : local.fields
      let localName = member.localName ?? member.name
      file += le(localName.utf8.count, 2) + le(hasDescriptor ? 0 : local.extra.count, 2)
      file += Array(localName.utf8) + (hasDescriptor ? [] : local.extra) + stored
      let central = sizes(member.declared)
      directory += [0x50, 0x4B, 1, 2] + le(20, 2) + le(20, 2) + le(Int(member.flags), 2)
      directory += le(Int(method), 2) + le(0, 4) + le(Int(checksum), 4) + central.fields
      directory += le(member.name.utf8.count, 2) + le(central.extra.count, 2) + le(0, 2)
      directory += le(0, 8) + le(member.offset ?? offset, 4)
      directory += Array(member.name.utf8) + central.extra
    }
    let start = file.count
    let end = le(members.count, 2) + le(members.count, 2) + le(directory.count, 4) + le(start, 4)
    file += directory
    if isLong {
      let place = file.count
      file += [0x50, 0x4B, 6, 6] + le(44, 8) + le(45, 2) + le(45, 2) + le(0, 8)
      file += le(members.count, 8) + le(members.count, 8) + le(directory.count, 8) + le(start, 8)
      file += [0x50, 0x4B, 6, 7] + le(0, 4) + le(place, 8) + le(1, 4)
    }
    file += [0x50, 0x4B, 5, 6] + le(0, 4) + (isLong ? [UInt8](repeating: 0xFF, count: 12) : end)
    return file + le(comment.count, 2) + comment
  }

  /// A deflate stream of stored blocks.
  private func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = []
    for start in stride(from: 0, to: max(1, bytes.count), by: 65535) {
      let block = bytes[start..<min(bytes.count, start + 65535)]
      let isLast = start + 65535 >= bytes.count
      stream += [isLast ? 1 : 0] + le(block.count, 2) + le(~block.count & 0xFFFF, 2) + block
    }
    return stream
  }

  private func le(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  private func crc32(_ bytes: [UInt8]) -> UInt32 {
    var sum = ~UInt32(0)
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0xEDB8_8320 }
    }
    return ~sum
  }
}
