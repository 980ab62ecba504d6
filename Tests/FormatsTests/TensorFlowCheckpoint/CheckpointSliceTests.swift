import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

/// Variables that are stored in parts, as partitioned variables are.
@Suite struct CheckpointSliceTests {
  private let folder = try! TemporaryFolder()
  private let data = (0..<48).map { UInt8($0) }

  /// A variable `v` of bytes in parts, each a range of every axis and the offset of its data.
  private func read(
    _ shape: [Int], _ parts: [(ranges: [(Int, Int)?], shape: [Int], offset: Int)],
    listed: [[(Int, Int)?]]? = nil
  ) throws -> Tensor {
    let whole = BundleFixture.entry(
      type: 4, shape: shape, size: 0, slices: listed ?? parts.map(\.ranges))
    let entries = try parts.map { part in
      let size = part.shape.reduce(1, *)
      let bytes = Array(data[part.offset..<(part.offset + size)])
      return TableFixture.Entry(
        try slice(part.ranges).key(of: [0x76]),
        BundleFixture.entry(
          type: 4, shape: part.shape, offset: part.offset, size: size, data: bytes))
    }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    let table = TableFixture(
      [.init("", BundleFixture.header)] + entries + [.init("v", whole)])
    let path = try folder.file("x.index", table.bytes)
    _ = try folder.file("x.data-00000-of-00001", data)
    let container = try TensorFlowCheckpointFormat().read(path, options: ReadOptions())
    return try #require(container.tensors.first).tensor
  }

  private func slice(_ ranges: [(Int, Int)?]) throws -> BundleSlice {
    let entry = TableFixture.Entry(
      "", BundleFixture.entry(shape: [], size: 0, slices: [ranges]))
    let parsed = try BundleEntry(TableEntry(key: entry.key, value: entry.value, offset: 0))
    return try #require(parsed.slices.first)
  }

  @Test func rowsFollowOneAnother() throws {
    let tensor = try read(
      [6, 2], [([(4, 2), nil], [2, 2], 0), ([(0, 4), nil], [4, 2], 10)])
    #expect(try tensor.allBytes() == Array(10..<18) + [0, 1, 2, 3])
    for start in 0..<12 {
      for end in start...12 {
        let part = try tensor.source.withBytes(start..<end) { [UInt8]($0) }
        #expect(try part == Array(tensor.allBytes()[start..<end]))
      }
    }
  }

  @Test func columnsStandBesideOneAnother() throws {
    let parts: [(ranges: [(Int, Int)?], shape: [Int], offset: Int)] = [
      ([nil, (3, 2), nil], [2, 2, 2], 0), ([nil, (0, 1), nil], [2, 1, 2], 8),
      ([nil, (1, 2), nil], [2, 2, 2], 20), ([nil, (1, 0), nil], [2, 0, 2], 3),
    ]
    let tensor = try read([2, 5, 2], parts)
    let rows: [[UInt8]] = [
      [8, 9, 20, 21, 22, 23, 0, 1, 2, 3], [10, 11, 24, 25, 26, 27, 4, 5, 6, 7],
    ]
    #expect(try tensor.allBytes() == rows.flatMap(\.self))
    for start in 0..<20 {
      for end in start...20 {
        let part = try tensor.source.withBytes(start..<end) { [UInt8]($0) }
        #expect(part == Array(rows.joined())[start..<end].map(\.self))
      }
    }
  }

  @Test func oneSliceIsTheWhole() throws {
    #expect(try read([4], [([nil], [4], 5)]).allBytes() == [5, 6, 7, 8])
    #expect(try read([], [([], [], 5)]).allBytes() == [5])
  }

  @Test func whatDoesNotFillTheVariableIsRefused() {
    func refused(
      _ shape: [Int], _ parts: [(ranges: [(Int, Int)?], shape: [Int], offset: Int)],
      listed: [[(Int, Int)?]]? = nil, _ location: SourceLocation = #_sourceLocation
    ) {
      let failure = #expect(throws: Failure.self, sourceLocation: location) {
        try read(shape, parts, listed: listed)
      }
      #expect(failure?.place.tensor == "v", sourceLocation: location)
    }
    refused([4], [([(0, 2)], [2], 0), ([(3, 1)], [1], 2)])
    refused([4], [([(0, 2)], [2], 0), ([(1, 3)], [3], 2)])
    refused([4], [([(0, 2)], [2], 0)])
    refused([4], [([(0, 5)], [5], 0)])
    refused([4], [([(-1, 5)], [5], 0)])
    refused([4], [([(.max, 1)], [1], 0)])
    refused([4], [([(1, .max)], [1], 0)])
    refused([4], [([nil, nil], [4, 1], 0)])
    refused([4], [([nil], [3], 0)])
    refused([2, 2], [([(0, 1), (0, 1)], [1, 1], 0), ([(1, 1), (1, 1)], [1, 1], 1)])
    refused([4], [([nil], [4], 0)], listed: [[nil], [nil]])
    refused([4], [([(0, 2)], [2], 0)], listed: [[(0, 2)], [(2, 2)]])
    refused([], [([], [], 0)], listed: [[], []])
  }

  @Test func emptyVariablesHaveNothing() throws {
    #expect(try read([0, .max], [([nil, (0, .max)], [0, .max], 0)]).byteCount == 0)
  }

  /// As TensorFlow encoded the ranges of large variables; the samples have small ones.
  @Test func keysOfLargeNumbers() throws {
    let prefix: [UInt8] = [0, 0x76, 0, 1, 1, 1]
    for (start, encoded) in [
      (0, [0x80]), (63, [0xBF]), (64, [0xC0, 0x40]), (8191, [0xDF, 0xFF]),
      (8192, [0xE0, 0x20, 0x00]), (1 << 20, [0xF0, 0x10, 0x00, 0x00]),
      (1 << 27, [0xF8, 0x08, 0x00, 0x00, 0x00]),
    ] as [(Int, [UInt8])] {
      #expect(try slice([(start, 1)]).key(of: [0x76]) == prefix + encoded + [0x81])
    }
    #expect(try slice([nil]).key(of: [0, 0xFF]) == [0, 0, 0xFF, 0xFF, 0, 0, 1, 1, 1, 0x80, 0x7F])
  }
}
