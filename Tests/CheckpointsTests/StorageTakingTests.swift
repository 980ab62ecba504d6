import Checkpoints
import Kernels
import Tensors
import TestSupport
import Testing

/// Rows and columns taken out of a storage hold the values that rows and columns of its values are.
@Suite struct StorageTakingTests {
  private static let shape: Shape = [12, 16]

  @Test(arguments: StorageExample.all.filter { $0.name != "named groups" }, [0, 1, 2])
  func valuesAreThoseOfTheWhole(_ example: StorageExample, _ axes: Int) throws {
    let rows = axes == 1 ? nil : [8, 9, 10, 11, 0, 1, 2, 3]
    let columns = axes == 0 ? nil : [0, 1, 2, 3, 12, 13, 14, 15, 4, 5, 6, 7]
    let taken = try example.storage.taking(
      rows: rows.map { Gather($0) }, columns: columns.map { Gather($0) }, of: Self.shape)
    try taken.validate()
    let whole = try example.storage.values(of: Self.shape)
    let expected = (rows ?? Array(0..<12)).flatMap { row in
      (columns ?? Array(0..<16)).map { whole[row * 16 + $0] }
    }
    let found = try taken.values(of: [rows?.count ?? 12, columns?.count ?? 16])
    #expect(
      zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-5 } && found.count == expected.count)
    #expect(taken.kind == example.storage.kind)
  }

  /// Scattered rows and columns, where nothing is shared by neighbours.
  @Test(arguments: StorageExample.all.filter { !$0.sharesNeighbours })
  func anyRowsAndColumnsWillDo(_ example: StorageExample) throws {
    let (rows, columns) = ([11, 2, 3, 7], [15, 0, 6])
    let taken = try example.storage.taking(
      rows: Gather(rows), columns: Gather(columns), of: Self.shape)
    let whole = try example.storage.values(of: Self.shape)
    let expected = rows.flatMap { row in columns.map { whole[row * 16 + $0] } }
    let found = try taken.values(of: [4, 3])
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-5 })
  }

  @Test(arguments: StorageExample.all.filter(\.sharesNeighbours))
  func whatCutsThroughIsRefused(_ example: StorageExample) throws {
    let failure = try #require(throws: Failure.self) {
      _ = try example.storage.taking(
        rows: Gather([1, 5]), columns: Gather([1, 6]), of: Self.shape)
    }
    #expect(failure.description.contains("cuts through"))
    #expect(failure.reason.hint?.contains("merge") == true)
  }

  /// Columns take the names of their groups with them, as long as there are as many groups as such columns have.
  @Test func namedGroupsFollowTheirColumns() throws {
    let example = try #require(StorageExample.all.first { $0.name == "named groups" })
    let (rows, columns) = ([7, 1], [13, 0, 2, 5, 4, 6, 8, 9, 10, 11, 12, 1, 14])
    let taken = try example.storage.taking(
      rows: Gather(rows), columns: Gather(columns), of: Self.shape)
    let whole = try example.storage.values(of: Self.shape)
    let expected = rows.flatMap { row in columns.map { whole[row * 16 + $0] } }
    #expect(try taken.values(of: [2, 13]) == expected)
  }

  @Test func partsThatDoNotFitAreRefused() throws {
    let flags = Tensor(.bool, [3], source: MemorySource([1, 0, 1]))
    let wrong: [Storage] = [
      .sparse(mask: Mask(kept: flags, denseShape: [12, 16]), values: .dense(Tensor([1, 2], [2]))),
      .quantized(
        codes: Tensor(.i8, [3], source: MemorySource([1, 0, 1])),
        scheme: .rowStep(steps: Tensor([1], [1]))),
      .factorized(left: .dense(Tensor([1, 2], [2])), right: .dense(Tensor([1, 2], [2]))),
      .dense(Tensor([1, 2], [2])),
    ]
    for storage in wrong {
      #expect(throws: Failure.self) {
        _ = try storage.taking(rows: Gather([0]), columns: nil, of: Self.shape)
      }
    }
  }
}

/// A matrix `[12, 16]` in some storage.
struct StorageExample: CustomTestStringConvertible, Sendable {
  let name: String
  let storage: Storage
  /// Whether runs of rows or columns go together.
  var sharesNeighbours = false

  var testDescription: String { name }

  static let all: [StorageExample] = {
    let dense = Storage.dense(tensor([12, 16]))
    let flags = (0..<192).map { UInt8(($0 * 7 % 5) < 2 ? 1 : 0) }
    let kept = flags.count { $0 != 0 }
    let mask = Mask(
      kept: Tensor(.bool, [12, 16], source: MemorySource(flags)), denseShape: [12, 16])
    let blockFlags = (0..<48).map { UInt8($0 % 3 == 0 ? 1 : 0) }
    let blocks = Mask(
      kept: Tensor(.bool, [3, 16], source: MemorySource(blockFlags)), denseShape: [12, 16],
      block: [4, 1])
    let sparse = Storage.sparse(mask: mask, values: .dense(tensor([kept])))
    func quantized(
      _ granularity: QuantizationScheme.Granularity, _ grid: Shape, zeros: Bool = false
    )
      -> Storage
    {
      .quantized(
        codes: codes([12, 16]),
        scheme: .uniform(
          bits: 8, granularity: granularity, scales: tensor(grid),
          zeroPoints: zeros ? codes(grid) : nil, groupIndex: nil))
    }
    let groupIndex = Tensor(
      .i8, [16], source: MemorySource((0..<16).map { UInt8($0 % 4) }))
    return [
      StorageExample(name: "dense", storage: dense),
      StorageExample(name: "sparse", storage: sparse),
      StorageExample(
        name: "sparse blocks",
        storage: .sparse(
          mask: blocks, values: .dense(tensor([blockFlags.count { $0 != 0 } * 4]))),
        sharesNeighbours: true),
      StorageExample(
        name: "sparse codes",
        storage: .sparse(
          mask: mask,
          values: .quantized(
            codes: codes([kept]),
            scheme: .uniform(
              bits: 8, granularity: .axis(0), scales: tensor([12, 1]), zeroPoints: nil,
              groupIndex: nil)))),
      StorageExample(
        name: "factorized",
        storage: .factorized(left: .dense(tensor([12, 5])), right: .dense(tensor([5, 16])))),
      StorageExample(
        name: "sum",
        storage: .sum(
          .factorized(left: .dense(tensor([12, 2])), right: .dense(tensor([2, 16]))), sparse)),
      StorageExample(name: "per tensor", storage: quantized(.tensor, [1, 1])),
      StorageExample(name: "per row", storage: quantized(.axis(0), [12, 1], zeros: true)),
      StorageExample(name: "per row, a vector", storage: quantized(.axis(0), [12])),
      StorageExample(name: "per column", storage: quantized(.axis(1), [1, 16])),
      StorageExample(
        name: "groups", storage: quantized(.group(4), [12, 4], zeros: true),
        sharesNeighbours: true),
      StorageExample(
        name: "blocks", storage: quantized(.block(rows: 4, columns: 2), [3, 8]),
        sharesNeighbours: true),
      StorageExample(
        name: "codebook",
        storage: .quantized(
          codes: codes([12, 16]), scheme: .codebook(bits: 5, entries: tensor([32])))),
      StorageExample(
        name: "product",
        storage: .quantized(
          codes: codes([12, 4]), scheme: .product(entries: tensor([4, 32, 4]))),
        sharesNeighbours: true),
      StorageExample(
        name: "row steps",
        storage: .quantized(codes: codes([12, 16]), scheme: .rowStep(steps: tensor([12])))),
      StorageExample(
        name: "named groups",
        storage: .quantized(
          codes: codes([12, 16]),
          scheme: .uniform(
            bits: 8, granularity: .group(4), scales: tensor([12, 4]), zeroPoints: nil,
            groupIndex: groupIndex)), sharesNeighbours: true),
    ]
  }()

  private static func tensor(_ shape: Shape) -> Tensor {
    Tensor((0..<shape.elementCount).map { Float(($0 * 37 + 11) % 101) / 50 - 1 }, shape)
  }

  private static func codes(_ shape: Shape) -> Tensor {
    Tensor(
      .i8, shape, source: MemorySource((0..<shape.elementCount).map { UInt8(($0 * 13 + 5) % 32) }))
  }
}
