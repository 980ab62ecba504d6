import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

/// Indexes whose checksums are right and that say what cannot be.
@Suite struct CheckpointHostileTests {
  private let folder = try! TemporaryFolder()
  private let data = (0..<24).map { UInt8($0) }

  private func read(_ table: TableFixture) throws -> Container {
    let path = try folder.file("x.index", table.bytes)
    _ = try folder.file("x.data-00000-of-00001", data)
    return try TensorFlowCheckpointFormat().read(path, options: ReadOptions())
  }

  private func read(_ entries: [TableFixture.Entry]) throws -> Container {
    try read(TableFixture([.init("", BundleFixture.header)] + entries))
  }

  private func refused(
    _ says: String, _ location: SourceLocation = #_sourceLocation, _ body: () throws -> Container
  ) {
    let failure = #expect(throws: Failure.self, sourceLocation: location) { try body() }
    #expect(
      failure?.description.contains(says) == true, "\(failure?.description ?? "")",
      sourceLocation: location)
    #expect(failure?.place.file?.contains("x.") == true, sourceLocation: location)
  }

  @Test func theFixtureIsRead() throws {
    let entry = BundleFixture.entry(shape: [2, 3], size: 24, data: data)
    let container = try read([.init("a", entry)])
    #expect(try container.tensors.first?.tensor.allBytes() == data)
  }

  @Test func shapesAndPlaces() {
    let entry = BundleFixture.entry
    for (says, value) in [
      ("negative", entry(1, [-1], 0, 24, 0, [], [])),
      ("too many elements", entry(1, [.max, 4], 0, 24, 0, [], [])),
      ("too many elements", entry(1, [1 << 61], 0, 24, 0, [], [])),
      ("need 16 bytes, the index says 24", entry(1, [4], 0, 24, 0, [], [])),
      ("ends too early", entry(1, [6], 1, 24, 0, [], [])),
      ("ends too early", entry(1, [1 << 40], 0, 1 << 42, 0, [], [])),
      ("from -4 on", entry(1, [6], -4, 24, 0, [], [])),
      ("from 9223372036854775807 on", entry(1, [6], .max, 24, 0, [], [])),
      ("takes", entry(7, [6], 0, -1, 0, [], [])),
      ("lie in file 1 of 1", entry(1, [6], 0, 24, 1, [], [])),
      ("lie in file -1 of 1", entry(1, [6], 0, 24, -1, [], [])),
    ] {
      refused(says == "takes" ? "to take -1 bytes" : says) { try read([.init("a", value)]) }
    }
  }

  @Test func headers() {
    func table(_ header: [UInt8]) -> TableFixture { TableFixture([.init("", header)]) }
    refused("lie in -1 files") { try read(table(BundleFixture.field(1, -1))) }
    refused("lie in 100000 files") { try read(table(BundleFixture.field(1, 100_000))) }
    refused("first version") { try read(table(BundleFixture.field(1, [8, 1]))) }
    refused("version 2") {
      try read(table(BundleFixture.header + BundleFixture.field(3, BundleFixture.field(2, 2))))
    }
    refused("without the header") { try read(TableFixture([])) }
    refused("without the header") { try read(TableFixture([.init("a", BundleFixture.header)])) }
    refused("not UTF-8") { try read([.init([0xFF], BundleFixture.entry(shape: [], size: 4))]) }
  }

  @Test func keys() {
    let entry = BundleFixture.entry(shape: [6], size: 24)
    refused("ascending") { try read([.init("b", entry), .init("a", entry)]) }
    refused("ascending") { try read([.init("a", entry), .init("a", entry)]) }
    refused("ascending") { try read([.init("ab", entry), .init("a", entry, shared: 1)]) }
    refused("said to share 5") { try read([.init("a", entry), .init("bcdefg", entry, shared: 5)]) }
    let first = TableFixture.block([.init("", BundleFixture.header), .init("b", entry)])
    refused("ascending") {
      try read(TableFixture(blocks: [first, TableFixture.block([.init("a", entry)])]))
    }
  }

  /// A long key with many that share all of it but a letter: a small table that would fill the memory.
  @Test func keysThatShareTooMuch() {
    let long = [UInt8](repeating: 0x61, count: 10_000)
    var entries: [TableFixture.Entry] = [.init(long, [])]
    for number in 0..<200 {
      entries.append(.init(long + [UInt8(number >> 8), UInt8(number & 0xFF)], [], shared: 10_000))
    }
    refused("bytes together") { try read(entries) }
  }

  @Test func places() {
    let block = TableFixture.block([.init("", BundleFixture.header)])
    var table = TableFixture(blocks: [block, block])
    table.handles = [(0, block.count), (0, block.count)]
    refused("before the end of another") { try read(table) }
    for handle in [(0, 1 << 40), (1 << 62, 1 << 62), (0, .max), (.max, 0)] {
      table.handles = [handle]
      refused("where blocks end before") { try read(table) }
    }
    for handle in [(UInt64.max, UInt64.max), (0, 1 << 63), (1 << 20, 1)] {
      table.indexHandle = handle
      refused("where blocks end before") { try read(table) }
    }
  }

  @Test func blocks() {
    for (says, block) in [
      ("within an entry", []), ("within an entry", [0, 0, 0]),
      ("places to begin at", [0xFF, 0xFF, 0xFF, 0xFF]), ("places to begin at", [2, 0, 0, 0]),
      ("within an entry", [0, 9, 0, 0x61, 0, 0, 0, 0]),
      ("within an entry", [0, 1, 9, 0x61, 0, 0, 0, 0]),
      ("within a number", [0x80, 0, 0, 0, 0]),
    ] as [(String, [UInt8])] {
      refused(says) { try read(TableFixture(blocks: [block])) }
    }
    var compressed = TableFixture(blocks: [[0xFF, 0xFF, 0xFF, 0x7F, 0]])
    compressed.kind = 1
    refused("cannot give the 268435455") { try read(compressed) }
    compressed.kind = 2
    refused("method 2") { try read(compressed) }
  }

  @Test func dataThatChangedAreRefused() throws {
    let entry = BundleFixture.entry(shape: [6], size: 24, data: data + [0])
    let whole = try #require(read([.init("a", entry)]).tensors.first?.tensor)
    let failure = #expect(throws: Failure.self) { try whole.allBytes() }
    #expect(failure?.description.contains("checksum of the tensor") == true)
    // A part says nothing of the whole; the last part does, and from then on every part.
    let pieces = try #require(read([.init("a", entry)]).tensors.first?.tensor.source)
    _ = try pieces.withBytes(0..<20) { $0.count }
    _ = try pieces.withBytes(0..<20) { $0.count }
    #expect(throws: Failure.self) { try pieces.withBytes(20..<24) { $0.count } }
    #expect(throws: Failure.self) { try pieces.withBytes(0..<4) { $0.count } }
  }
}
