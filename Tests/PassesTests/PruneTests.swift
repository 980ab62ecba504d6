import Checkpoints
import Passes
import Tensors
import TestSupport
import Testing

@Suite struct PruneTests {
  @Test func nothingIsDoneAtStrengthZero() throws {
    let original = try bertTiny()
    for options in [[("sparsity", "0")], [("pattern", "4:4")]] {
      let same = try original.applying(Prune.self, options)
      #expect(same.parameters.allSatisfy { $0.storage.dense != nil || $0.storage.kind == .shared })
      let (before, after) = (try original.storedBytes(), try same.storedBytes())
      #expect(before == after)
    }
  }

  /// Weights of few magnitudes, so that every threshold is a tie.
  private func tied(zeros: Bool = false) throws -> Checkpoint {
    var generator = SeededGenerator(seed: 5)
    return try bertTiny().replacing { parameter in
      guard parameter.isLinear else { return nil }
      let values: [Float] = zeros ? [0, 0, 0, 1, -1] : [0.5, -0.5, 1, -1, 2]
      return .dense(
        Tensor(
          (0..<parameter.shape.elementCount).map { _ in
            values.randomElement(using: &generator)!
          }, parameter.shape))
    }
  }

  @Test(arguments: ["global", "layer", "tensor"], ["unstructured", "4x1", "2x4"])
  func theSparsityIsTheOneAskedFor(_ scope: String, pattern: String) throws {
    let original = try tied()
    let block = pattern == "unstructured" ? 1 : pattern == "4x1" ? 4 : 8
    for sparsity in [0.001, 0.25, 0.5, 0.777, 0.9, 1] {
      let pruned = try original.applying(
        Prune.self, [("sparsity", "\(sparsity)"), ("scope", scope), ("pattern", pattern)])
      var groups: [String: (zeros: Int, all: Int)] = [:]
      for parameter in pruned.parameters where parameter.isLinear {
        let path = parameter.role.description
        let group =
          scope == "global" ? "" : scope == "layer" ? String(path.prefix(9)) : path
        let values = try parameter.values()
        groups[group, default: (0, 0)].zeros += values.count { $0 == 0 } / block
        groups[group, default: (0, 0)].all += values.count / block
      }
      #expect(groups.count == (scope == "global" ? 1 : scope == "layer" ? 2 : 12))
      for (group, count) in groups {
        let asked = Int((sparsity * Double(count.all)).rounded(.toNearestOrEven))
        #expect(count.zeros == asked, "\(group) at \(sparsity)")
      }
    }
  }

  @Test func theEarlierOfEqualWeightsGo() throws {
    let path = "encoder.0.attention.query.weight"
    let original = try bertTiny().replacing {
      $0.role.description == path
        ? .dense(Tensor([Float](repeating: 3, count: 256), $0.shape)) : nil
    }
    let pruned = try original.applying(Prune.self, [("sparsity", "0.25"), ("only", path)])
    let values = try pruned.parameter(at: path).values()
    #expect(values == [Float](repeating: 0, count: 64) + [Float](repeating: 3, count: 192))
    let half = try original.applying(Prune.self, [("pattern", "1:2"), ("only", path)])
    let kept = try half.parameter(at: path).values()
    #expect(kept == (0..<256).map { $0 % 2 == 0 ? 0 : 3 })
  }

  @Test func zerosThatAreThereCountAndAllGo() throws {
    let original = try tied(zeros: true)
    let zeros = try original.parameters.filter(\.isLinear).reduce(0) {
      try $0 + $1.values().count { $0 == 0 }
    }
    for (sparsity, expected) in [(0.3, zeros), (0.7, Int((0.7 * 4096).rounded()))] {
      let pruned = try original.applying(Prune.self, [("sparsity", "\(sparsity)")])
      let linears = pruned.parameters.filter(\.isLinear)
      #expect(linears.reduce(0) { $0 + $1.storage.storedCount } == 4096 - expected)
      for parameter in linears {
        guard case .sparse(_, let values) = parameter.storage else { continue }
        let survivors = try #require(values.dense).floats()
        #expect(survivors.allSatisfy { $0 != 0 })
      }
    }
  }

  @Test(arguments: ["unstructured", "4x1", "2x8"])
  func isTheSameWithAnyNumberOfThreadsAndInAnyPieces(_ pattern: String) throws {
    let original = try tied()
    let options = [("sparsity", "0.6"), ("pattern", pattern)]
    let one = try original.applying(Prune.self, options).storedBytes()
    for threads in [2, 3] {
      let many = try original.applying(Prune.self, options, threads: threads)
      let bytes = try many.storedBytes()
      #expect(bytes == one)
      for parameter in many.parameters where parameter.isLinear {
        for tensor in parameter.storage.tensors + [parameter.stored] {
          try expectPieces(of: tensor)
        }
      }
    }
  }

  private func expectPieces(of tensor: Tensor) throws {
    let whole = try tensor.allBytes()
    for step in [1, 7, 100, 1000] {
      let parts = try stride(from: 0, to: whole.count, by: step).flatMap { first in
        try tensor.source.withBytes(first..<min(first + step, whole.count)) { [UInt8]($0) }
      }
      #expect(parts == whole)
    }
  }

  @Test(arguments: [ElementType.f16, .bf16, .f64])
  func survivorsKeepTheirType(_ type: ElementType) throws {
    let path = "encoder.1.ffn.output.weight"
    let original = try bertTiny().replacing { parameter in
      guard parameter.role.description == path, let tensor = parameter.storage.dense else {
        return nil
      }
      return .dense(tensor.cast(to: type))
    }
    let before = try original.parameter(at: path)
    let options = [("sparsity", "0.5"), ("only", path)]
    let after = try original.applying(Prune.self, options).parameter(at: path)
    guard case .sparse(_, .dense(let survivors)) = after.storage else {
      Issue.record("\(after.storage)")
      return
    }
    #expect(survivors.elementType == type && after.stored.elementType == before.elementType)
    let values = try before.values()
    // Swift's sort is stable: of equal ones the earlier come first.
    let masked = values.indices.sorted { values[$0].magnitude < values[$1].magnitude }.prefix(256)
    var expected = values
    for place in masked { expected[place] = 0 }
    let found = try after.values()
    let isEqual = found == expected
    #expect(isEqual)
    let stored = try Storage.dense(after.stored).values(of: after.shape)
    #expect(stored == found)
  }

  @Test func whatIsSparseCanBePrunedFurther() throws {
    let original = try tied()
    for pattern in ["unstructured", "4x1"] {
      let direct = try original.applying(
        Prune.self, [("sparsity", "0.8"), ("pattern", pattern)])
      let inSteps = try original.applying(
        Prune.self, [("sparsity", "0.35"), ("pattern", pattern)]
      ).applying(Prune.self, [("sparsity", "0.8"), ("pattern", pattern)])
      let (expected, found) = (try direct.storedBytes(), try inSteps.storedBytes())
      #expect(found == expected)
    }
  }

  @Test func layersAreGroupsOfTheirOwn() throws {
    let original = try bertTiny().replacing { parameter in
      guard parameter.isLinear, case .layer(1, _) = parameter.role.module else { return nil }
      let values = try? parameter.values().map { $0 * 1000 }
      return .dense(Tensor(values ?? [], parameter.shape))
    }
    let global = try original.applying(Prune.self, [("sparsity", "0.5")])
    let layered = try original.applying(Prune.self, [("sparsity", "0.5"), ("scope", "layer")])
    func kept(_ checkpoint: Checkpoint, _ layer: Int) -> Int {
      checkpoint.parameters(under: "encoder.\(layer).").filter(\.isLinear).reduce(0) {
        $0 + $1.storage.storedCount
      }
    }
    #expect(kept(global, 0) < 64 && kept(global, 1) > 1984)
    #expect(kept(layered, 0) == 1024 && kept(layered, 1) == 1024)
  }
}
