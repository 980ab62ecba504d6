import Coding
import Tensors

/// Tables and checkpoints by hand, right or wrong, all with right checksums: what stands behind those.
struct TableFixture {
  /// An entry as it is stored: nil for as much as is shared with the key before.
  struct Entry {
    var key: [UInt8]
    var value: [UInt8]
    var shared: Int?

    init(_ key: String, _ value: [UInt8], shared: Int? = nil) {
      self.init([UInt8](key.utf8), value, shared: shared)
    }

    init(_ key: [UInt8], _ value: [UInt8], shared: Int? = nil) {
      self.key = key
      self.value = value
      self.shared = shared
    }
  }

  var blocks: [[UInt8]]
  var kind: UInt8 = 0
  /// Where the index says that blocks lie; nil for where they do.
  var handles: [(Int, Int)]?
  var indexHandle: (UInt64, UInt64)?

  init(_ entries: [Entry]) { blocks = [Self.block(entries)] }

  init(blocks: [[UInt8]]) { self.blocks = blocks }

  static func block(_ entries: [Entry], restarts: [UInt32] = [0]) -> [UInt8] {
    var (bytes, previous) = ([UInt8](), [UInt8]())
    for entry in entries {
      let shared = entry.shared ?? zip(entry.key, previous).prefix { $0 == $1 }.count
      bytes += varint(shared) + varint(entry.key.count - min(shared, entry.key.count))
      bytes += varint(entry.value.count) + entry.key.dropFirst(shared) + entry.value
      previous = entry.key
    }
    return bytes + (restarts + [UInt32(restarts.count)]).flatMap { fixed($0) }
  }

  var bytes: [UInt8] {
    var (bytes, places) = ([UInt8](), [(Int, Int)]())
    func append(_ block: [UInt8], _ kind: UInt8) {
      places.append((bytes.count, block.count))
      bytes += block + [kind] + Self.fixed(Self.masked((block + [kind]).crc))
    }
    for block in blocks { append(block, kind) }
    let index = (handles ?? places).enumerated().map { number, place in
      Entry([0x80 + UInt8(number)], Self.varint(place.0) + Self.varint(place.1))
    }
    append(Self.block([]), 0)
    append(Self.block(index), 0)
    let (meta, last) = (places[places.count - 2], places[places.count - 1])
    let handle = indexHandle ?? (UInt64(last.0), UInt64(last.1))
    var footer = Self.varint(meta.0) + Self.varint(meta.1)
    footer += Self.varint(handle.0) + Self.varint(handle.1)
    footer += [UInt8](repeating: 0, count: 40 - footer.count)
    return bytes + footer + [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB]
  }

  static func varint(_ value: Int) -> [UInt8] { varint(UInt64(value)) }

  static func varint(_ value: UInt64) -> [UInt8] {
    var (bytes, value) = ([UInt8](), value)
    while value >= 0x80 {
      bytes.append(UInt8(value & 0x7F) | 0x80)
      value >>= 7
    }
    return bytes + [UInt8(value)]
  }

  static func fixed(_ value: UInt32) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) }
  }

  static func masked(_ checksum: UInt32) -> UInt32 {
    (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
  }
}

extension [UInt8] {
  var crc: UInt32 { withUnsafeBytes(CRC32C.checksum) }
}

/// The messages of an index.
enum BundleFixture {
  static let header: [UInt8] = [0x08, 0x01, 0x1A, 0x02, 0x08, 0x01]

  static func field(_ number: Int, _ value: Int) -> [UInt8] {
    TableFixture.varint(number << 3) + TableFixture.varint(UInt64(bitPattern: Int64(value)))
  }

  static func field(_ number: Int, _ message: [UInt8]) -> [UInt8] {
    TableFixture.varint(number << 3 | 2) + TableFixture.varint(message.count) + message
  }

  /// An entry of bytes that the data hold from an offset on.
  static func entry(
    type: Int = 1, shape: [Int], offset: Int = 0, size: Int, shard: Int = 0, data: [UInt8] = [],
    slices: [[(Int, Int)?]] = []
  ) -> [UInt8] {
    var bytes = field(1, type)
    bytes += field(2, shape.flatMap { field(2, field(1, $0)) })
    bytes += field(3, shard) + field(4, offset) + field(5, size)
    bytes += [0x35] + TableFixture.fixed(TableFixture.masked(data.crc))
    for slice in slices {
      let extents = slice.flatMap { range in
        field(1, range.map { field(1, $0.0) + field(2, $0.1) } ?? [])
      }
      bytes += field(7, extents)
    }
    return bytes
  }
}
