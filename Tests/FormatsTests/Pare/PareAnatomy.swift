import Checkpoints
import Documents
import Tensors
import TestSupport

@testable import Formats

/// A file of the format `pare` taken apart, and put together again with right lengths and checksums.
struct PareAnatomy {
  var version = PareManifest.version
  /// Nil for the right one.
  var checksum: String?
  var manifest: JSON
  var manifestText: String?
  /// In the order of their data.
  var tensors: [(name: String, type: String, shape: [Int], bytes: [UInt8])]

  init(_ whole: [UInt8]) throws {
    let length = whole[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSON.parse(Array(whole[8..<(8 + length)]), file: "header")
    let metadata = header["__metadata__"]!
    manifest = try JSON.parse(
      [UInt8](metadata[PareManifest.tensorsKey]!.string!.utf8), file: "manifest")
    tensors = header.members!.filter { $0.key != "__metadata__" }.map { name, entry in
      let range = entry["data_offsets"]!.array!.map { $0.integer! + 8 + length }
      return (
        name, entry["dtype"]!.string!, entry["shape"]!.array!.map { $0.integer! },
        Array(whole[range[0]..<range[1]])
      )
    }
  }

  /// One tensor of zeros under a manifest.
  init(manifest: String, tensor: String, byteCount: Int) {
    self.manifest = .null
    manifestText = manifest
    tensors = [(tensor, "U8", [byteCount], [UInt8](repeating: 0, count: byteCount))]
  }

  var bytes: [UInt8] { bytes(after: []) }

  /// The file, with other text before the format's own.
  func bytes(after other: [(key: String, value: String)]) -> [UInt8] {
    let text = manifestText ?? manifest.text()
    let own: JSON = [
      PareManifest.versionKey: .string(version),
      PareManifest.checksumKey: .string(
        checksum ?? hexadecimal(Formats.checksum([UInt8](text.utf8)))),
      PareManifest.tensorsKey: .string(text),
    ]
    let metadata = other.map { (key: $0.key, value: JSON.string($0.value)) } + own.members!
    var members: [(key: String, value: JSON)] = [("__metadata__", .object(metadata))]
    var end = 0
    for tensor in tensors {
      let range: JSON = [.integer(end), .integer(end + tensor.bytes.count)]
      members.append(
        (
          tensor.name,
          [
            "dtype": .string(tensor.type), "shape": .array(tensor.shape.map(JSON.integer)),
            "data_offsets": range,
          ]
        ))
      end += tensor.bytes.count
    }
    let header = [UInt8](JSON.object(members).text().utf8)
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { [UInt8]($0) } + header
      + tensors.flatMap(\.bytes)
  }

  /// One stream damaged, its length and its checksums put right.
  func mutatingStreams(using generator: inout SeededGenerator) throws -> [UInt8] {
    var file = self
    let coded = tensors.indices.filter { manifest[tensors[$0].name]?.array != nil }
    let index = coded.randomElement(using: &generator)!
    var streams = StreamsOfTensor(tensors[index].bytes)
    streams.mutate(using: &generator)
    file.tensors[index].bytes = streams.bytes
    file.tensors[index].shape = [streams.bytes.count]
    file.manifest = manifest.replacing(
      tensors[index].name, with: streams.lengths)
    return file.bytes
  }

  /// One value exchanged for another.
  func mutatingManifest(using generator: inout SeededGenerator) throws -> [UInt8] {
    var file = self
    let members = manifest.members!
    let chosen = members.indices.randomElement(using: &generator)!
    file.manifest = .object(
      members.enumerated().map { index, member in
        (member.key, index == chosen ? member.value.mutated(using: &generator) : member.value)
      })
    return file.bytes
  }
}

/// The streams of one tensor, by their frames.
private struct StreamsOfTensor {
  private var streams: [(table: [UInt8], chunks: [[UInt8]])] = []

  init(_ bytes: [UInt8]) {
    var place = 0
    func word(_ offset: Int) -> Int {
      bytes[offset..<(offset + 4)].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    while place < bytes.count {
      let head = place + 8
      let end = head + word(place)
      let table = head + 4 + word(head)
      var chunk = end
      var chunks: [[UInt8]] = []
      for entry in stride(from: table, to: end, by: 8) {
        chunks.append(Array(bytes[chunk..<(chunk + word(entry))]))
        chunk += word(entry)
      }
      streams.append((Array(bytes[(head + 4)..<table]), chunks))
      place = chunk
    }
  }

  mutating func mutate(using generator: inout SeededGenerator) {
    let index = streams.indices.randomElement(using: &generator)!
    let isTable = streams[index].chunks.isEmpty || Bool.random(using: &generator)
    if isTable, !streams[index].table.isEmpty {
      streams[index].table = mutated(streams[index].table, using: &generator)
    } else if let chunk = streams[index].chunks.indices.randomElement(using: &generator) {
      streams[index].chunks[chunk] = mutated(streams[index].chunks[chunk], using: &generator)
    }
  }

  private var coded: [[UInt8]] {
    streams.map { table, chunks in
      func word(_ value: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(value).littleEndian) { [UInt8]($0) }
      }
      let head =
        word(table.count) + table
        + chunks.flatMap { word($0.count) + word(Int(Formats.checksum($0))) }
      return word(head.count) + word(Int(Formats.checksum(head))) + head + chunks.flatMap { $0 }
    }
  }

  var bytes: [UInt8] { coded.flatMap { $0 } }
  var lengths: [Int] { coded.map(\.count) }
}

extension JSON {
  /// The manifest with other lengths for the streams of a tensor.
  fileprivate func replacing(_ name: String, with lengths: [Int]) -> JSON {
    var rest = lengths[...]
    func replaced(_ json: JSON) -> JSON {
      switch json {
      case .array(let values)
      where values.count == 4 && values[2].array != nil && values[3].integer != nil:
        return .array(values[..<3] + [.integer(rest.removeFirst())])
      case .array(let values): return .array(values.map(replaced))
      // Streams come in the order of the grammar, in which the manifest has its keys but for codes.
      case .object(let members): return .object(members.map { ($0.key, replaced($0.value)) })
      default: return json
      }
    }
    return .object(
      members!.map { ($0.key, $0.key == name ? replaced($0.value) : $0.value) })
  }

  /// One of the values within exchanged.
  fileprivate func mutated(using generator: inout SeededGenerator) -> JSON {
    let telling: [JSON] = [
      0, 1, -1, 2, 7, 64, .integer(1 << 20), .integer(1 << 31), .integer(1 << 40),
      .integer(1 << 55), .integer(.max - 1), nil, "F32", "I8", "BOOL", "raw", "mask", "codes",
      "floats", "bytes", [], [:], ["tensor"], [1, 1], [0, 0], [[1]],
      ["raw", "F32", [1], 16], .string(String(repeating: "x", count: 100)),
    ]
    switch self {
    case .array(var values) where !values.isEmpty && Int.random(in: 0..<8, using: &generator) > 0:
      let index = values.indices.randomElement(using: &generator)!
      values[index] = values[index].mutated(using: &generator)
      return .array(values)
    case .object(var members)
    where !members.isEmpty && Int.random(in: 0..<8, using: &generator) > 0:
      let index = members.indices.randomElement(using: &generator)!
      if Int.random(in: 0..<6, using: &generator) == 0 {
        members.remove(at: index)
      } else {
        members[index].value = members[index].value.mutated(using: &generator)
      }
      return .object(members)
    case .integer(let value) where Bool.random(using: &generator):
      return .integer(
        [value + 1, value - 1, value &* 2, value / 2].randomElement(using: &generator)!)
    default: return telling.randomElement(using: &generator)!
    }
  }
}
