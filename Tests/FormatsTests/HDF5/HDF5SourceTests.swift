import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

@Suite struct HDF5SourceTests {
  private let folder = try! TemporaryFolder()

  /// What was never written costs nothing until it is asked for.
  @Test func fillRepeatsItsElement() throws {
    let source = FillSource(element: [1, 2, 3, 4], byteCount: 1 << 50)
    #expect(try source.withBytes(6..<17) { [UInt8]($0) } == [3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1])
    #expect(try source.withBytes((1 << 50) - 2..<(1 << 50)) { [UInt8]($0) } == [3, 4])
    #expect(try source.withBytes(0..<0) { $0.count } == 0)
    #expect(
      try FillSource(element: [], byteCount: 9).withBytes(2..<5) { [UInt8]($0) } == [0, 0, 0])
  }

  @Test func datasetsThatWereNeverWrittenAreFilled() throws {
    let container = try HDF5Format().read(Places.sample("hdf5/edges.h5"), options: ReadOptions())
    for name in ["never_written", "never_written_zero", "zero_size"] {
      let tensor = try #require(container.tensors.first { $0.name == name })
      #expect(tensor.tensor.source is FillSource)
    }
    #expect(container.diagnostics.map(\.message) == ["is a second name of '/hard_link'"])
  }

  @Test func checksumsOfEarlyVersionsAreKnown() throws {
    let sample = Places.sample("hdf5/chunked.h5")
    let table = try chunks(of: "fletcher32", in: sample)
    var whole = try bytes(of: sample)
    for chunk in table.chunks {
      let end = chunk.offset + chunk.byteCount
      whole.swapAt(end - 4, end - 3)
      whole.swapAt(end - 2, end - 1)
    }
    let path = try folder.file("early.h5", whole)
    let original = try tensor("fletcher32", in: sample)
    #expect(try tensor("fletcher32", in: path).allBytes() == original.allBytes())
    whole[table.chunks[0].offset] ^= 1
    let damaged = try tensor("fletcher32", in: try folder.file("damaged.h5", whole))
    #expect(throws: Failure.self) { try damaged.allBytes() }
  }

  @Test func damagedDeflateIsRefused() throws {
    let sample = Places.sample("hdf5/chunked.h5")
    let chunk = try chunks(of: "gzip", in: sample).chunks[3]
    let whole = try bytes(of: sample)
    var messages: Set<String> = []
    for offset in stride(from: 0, to: chunk.byteCount, by: 61) {
      var damaged = whole
      damaged[chunk.offset + offset] ^= 0xFF
      let tensor = try tensor("gzip", in: try folder.file("damaged.h5", damaged))
      do {
        _ = try tensor.allBytes()
      } catch let failure as Failure {
        #expect(failure.place.offset == chunk.offset)
        messages.insert(failure.reason.description)
      }
    }
    #expect(messages.contains("the compressed data are damaged"))
  }

  @Test func inflationIsHeldToItsSize() throws {
    func inflate(_ stream: [UInt8], _ count: Int, room: Int) throws -> [UInt8] {
      var result: [UInt8] = []
      try withScratch(room) { buffer in
        try stream.withUnsafeBytes {
          try Inflation.inflate(
            $0, byteCount: count, window: Inflation.rawWindow, through: buffer
          ) { result += $0 }
        }
      }
      return result
    }
    let stream: [UInt8] = [1, 3, 0, 0xFC, 0xFF, 7, 8, 9]
    for room in 1...5 { #expect(try inflate(stream, 3, room: room) == [7, 8, 9]) }
    for (bytes, count) in [
      (stream, 2), (stream, 4), (Array(stream.dropLast()), 3), ([], 0), ([6, 7], 3),
      ([1, 3, 0], 3),
    ] {
      #expect(throws: Failure.self) { try inflate(bytes, count, room: 8) }
    }
    #expect(!Inflation.isPossible(1 << 20, from: 1000))
    #expect(Inflation.isPossible(1_000_000, from: 1000))
  }

  /// Stated sizes are held against what is stored before anything is allocated.
  @Test func bombsAreRefusedByName() throws {
    let type = HDF5Type(
      typeClass: 0, order: 0, flags: 0, byteCount: 1, precision: 8, bitOffset: 0,
      float: .init(
        signPosition: 0, exponentPosition: 0, exponentBits: 0, mantissaPosition: 0,
        mantissaBits: 0, normalization: 0, bias: 0), description: "uint8")
    func content(_ lengths: [Int], stored: Int, _ storage: HDF5Dataset.Storage) throws {
      let dataset = HDF5Dataset(
        type: type, space: .simple(lengths), storage: storage, storedByteCount: stored,
        filters: [], fill: [], attributes: [])
      _ = try dataset.content(in: HDF5Bytes(InputFile(Places.sample("hdf5/edges.h5"))))
    }
    try content([4 << 30], stored: 0, .contiguous(offset: nil))
    func refused(_ lengths: [Int], stored: Int, _ storage: HDF5Dataset.Storage) -> String {
      let failure = #expect(throws: Failure.self) { try content(lengths, stored: stored, storage) }
      return failure.map { "\($0.reason)" } ?? ""
    }
    #expect(refused([5 << 30], stored: 0, .contiguous(offset: nil)).contains("bomb"))
    #expect(
      refused([.max, 2], stored: 0, .contiguous(offset: nil)).contains("too many elements"))
    #expect(refused([9], stored: 8, .contiguous(offset: 0)).contains("9 bytes, 8 are stored"))
    #expect(refused([9000], stored: 9000, .contiguous(offset: 0)).contains("ends too early"))
    #expect(refused([9], stored: 9, .contiguous(offset: .max)).contains("ends too early"))
    #expect(refused([9], stored: 9, .compact([1])).contains("9 bytes, 1 are stored"))
    func chunked(_ lengths: [Int], _ start: [Int], offset: Int = 0) -> HDF5Dataset.Storage {
      .chunked(
        HDF5ChunkTable(
          lengths: lengths, chunks: [.init(mask: 0, offset: offset, byteCount: 4)], starts: start))
    }
    #expect(refused([9], stored: 4, chunked([0], [0])).contains("chunks of [0]"))
    #expect(refused([9], stored: 4, chunked([4, 4], [0, 0])).contains("chunks of 2 axes"))
    #expect(refused([9], stored: 4, chunked([4], [3])).contains("stands at [3]"))
    #expect(refused([9], stored: 4, chunked([4], [0], offset: .max)).contains("ends too early"))
    #expect(refused([9], stored: 4, chunked([.max, 2], [0, 0])).contains("chunks of 2 axes"))
    #expect(
      refused([9, 9], stored: 4, chunked([.max, 2], [0, 0])).contains("cannot have chunks"))
  }

  private func chunks(of name: String, in path: String) throws -> HDF5ChunkTable {
    let file = try HDF5File(path, access: .mmap)
    guard case .chunked(let table) = file.structure.dataset(name)?.storage else {
      throw Failure(HDF5Reason.unknownLayout)
    }
    return table
  }

  private func tensor(_ name: String, in path: String) throws -> Tensor {
    let container = try HDF5Format().read(path, options: ReadOptions())
    return try #require(container.tensors.first { $0.name == name }).tensor
  }
}
