import Tensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct StorageTests {
  private static let dense = Storage.dense(Tensor([1, 2, 3, 4], [2, 2]))

  private static func storage(_ kind: Storage.Kind, holding inner: Storage) -> Storage {
    let bools = Tensor(.bool, [2, 2], source: MemorySource([1, 0, 0, 1]))
    switch kind {
    case .dense: return dense
    case .sparse: return .sparse(mask: Mask(kept: bools, denseShape: [2, 2]), values: inner)
    case .factorized: return .factorized(left: inner, right: inner)
    case .sum: return .sum(inner, inner)
    case .quantized:
      return .quantized(
        codes: Tensor(.i8, [2, 2], source: MemorySource([1, 2, 3, 4])),
        scheme: .uniform(
          bits: 8, granularity: .tensor, scales: Tensor([1], [1]), zeroPoints: nil, groupIndex: nil)
      )
    case .shared: return .shared(with: Role(.embedding(.word), .weight))
    }
  }

  /// The legal nestings, as the design has them; every other cell is refused by name.
  private static let legal: Set<String> = [
    "sparse dense", "sparse quantized", "factorized dense", "factorized sparse",
    "factorized quantized", "sum dense", "sum sparse", "sum factorized", "sum quantized",
  ]

  @Test(arguments: [Storage.Kind.sparse, .factorized, .sum], Storage.Kind.allCases)
  func everyCellOfTheTable(_ outer: Storage.Kind, _ inner: Storage.Kind) {
    let holding = Self.storage(outer, holding: Self.storage(inner, holding: Self.dense))
    if Self.legal.contains("\(outer) \(inner)") {
      #expect(throws: Never.self) { try holding.validate() }
    } else {
      let failure = #expect(throws: Failure.self) { try holding.validate() }
      #expect(
        failure?.description.contains("\(outer.rawValue) storage cannot hold \(inner.rawValue)")
          == true)
    }
  }

  @Test(arguments: [Storage.Kind.dense, .quantized, .shared], Storage.Kind.allCases)
  func leavesHoldNothing(_ outer: Storage.Kind, _ inner: Storage.Kind) {
    #expect(!Storage.canHold(outer, inner))
    #expect(Self.storage(outer, holding: Self.storage(inner, holding: Self.dense)).parts.isEmpty)
  }

  /// LadaBERT's storage is factorized(sparse, sparse), oBERTa's sparse(quantized).
  @Test func thePublishedSystemsNest() throws {
    let sparse = Self.storage(.sparse, holding: Self.dense)
    try Storage.factorized(left: sparse, right: sparse).validate()
    try Self.storage(.sparse, holding: Self.storage(.quantized, holding: Self.dense)).validate()
    #expect(
      Storage.factorized(left: sparse, right: Self.dense).description
        == "factorized(sparse(dense F32), dense F32)")
  }

  @Test func factorsCountAsStored() {
    let left = Storage.dense(Tensor([Float](repeating: 0, count: 20), [10, 2]))
    let right = Storage.dense(Tensor([Float](repeating: 0, count: 16), [2, 8]))
    #expect(Storage.factorized(left: left, right: right).uniqueCount == 2 * (10 + 8))
    #expect(Self.storage(.sparse, holding: Self.dense).uniqueCount == 4)
    #expect(Self.storage(.shared, holding: Self.dense).uniqueCount == 0)
  }
}

@Suite struct LayoutTests {
  @Test(arguments: [Layout.asIs, .transposed, .headsOut, .headsIn])
  func storedIsTheInverse(_ layout: Layout) throws {
    let matrix = Tensor((0..<24).map { Float($0) }, [6, 4])
    let stored = try #require(layout.stored(matrix, heads: 2))
    let back = try #require(layout.logical(stored))
    #expect(back.shape == matrix.shape)
    #expect(try back.allBytes() == matrix.allBytes())
  }

  /// KerasHub's query kernel is `[in, heads, width]`: element (i, a, d) is row a·width + d, column i.
  @Test func headsOutMeansWhatKerasMeans() throws {
    let kernel = Tensor((0..<12).map { Float($0) }, [3, 2, 2])
    let logical = try #require(Layout.headsOut.logical(kernel))
    #expect(logical.shape == [4, 3])
    #expect(try logical.floats() == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
    #expect(Layout.headsOut.heads(kernel) == 2)
  }

  @Test func wrongRanksAreRefused() {
    let vector = Tensor([1, 2, 3, 4], [4])
    #expect(Layout.transposed.logical(vector) == nil)
    #expect(Layout.headsOut.logical(vector) == nil)
    #expect(Layout.headsBias.logical(vector) == nil)
    #expect(Layout.transposed.stored(vector, heads: nil) == nil)
    #expect(Layout.headsBias.stored(vector, heads: 3) == nil)
    #expect(Layout.headsBias.stored(vector, heads: nil) == nil)
  }
}

@Suite struct SelectionTests {
  private func selects(
    _ only: [String], _ role: String?, name: String = "n", except: [String] = []
  ) throws -> Bool {
    try Selection(only: only, except: except).contains(role: role, name: name)
  }

  @Test func globsTakeInAllBelow() throws {
    let role = "encoder.3.attention.query.weight"
    for pattern in [
      "encoder", "encoder.*", "encoder.*.attention.query", "*.weight", "encoder.?.attention", role,
    ] {
      #expect(try selects([pattern], role), "\(pattern)")
    }
    for pattern in ["enc", "encoder.4", "*.bias", "attention", "encoder.3.attention.quer"] {
      #expect(try !selects([pattern], role), "\(pattern)")
    }
  }

  @Test func exceptWins() throws {
    #expect(try !selects(["encoder"], "encoder.0.ffn.output.bias", except: ["*.bias"]))
    #expect(try selects([], "encoder.0.ffn.output.weight", except: ["*.bias"]))
  }

  @Test func namesAndExpressions() throws {
    #expect(try selects(["name:bert.*"], nil, name: "bert.pooler.dense.weight"))
    #expect(try selects([#"/encoder\.[02]\./"#], "encoder.2.ffn.output.bias"))
    #expect(try !selects([#"/encoder\.[02]\./"#], "encoder.1.ffn.output.bias"))
    #expect(try selects(["name:/dense$/"], nil, name: "a.dense"))
    #expect(throws: Failure.self) { try Selection(only: ["/(/"]) }
    #expect(throws: Failure.self) { try Selection(only: [""]) }
  }

  /// A pattern made to be slow is not.
  @Test func manyStarsAreLinear() throws {
    let text = String(repeating: "a", count: 5000)
    #expect(try !selects([String(repeating: "*a", count: 50) + "b"], text))
  }
}

@Suite struct RoleTests {
  @Test func everyRoleHasAPathOfItsOwn() {
    let modules =
      EmbeddingModule.allCases.map(Module.embedding)
      + LayerModule.allCases.map { Module.layer(1, $0) }
      + [.pooler] + HeadModule.allCases.map(Module.head)
    let roles = modules.flatMap { [Role($0, .weight), Role($0, .bias)] }
    #expect(Set(roles.map(\.description)).count == roles.count)
    #expect(Set(roles.map(\.order)).count == roles.count)
    #expect(
      Role(.layer(3, .query), .weight).description == "encoder.3.attention.query.weight")
  }
}
