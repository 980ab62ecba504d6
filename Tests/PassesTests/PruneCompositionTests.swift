import Checkpoints
import Passes
import Tensors
import TestSupport
import Testing

/// Pruning of what other passes have made, by what others have measured, and what it refuses.
@Suite struct PruneCompositionTests {
  @Test func bothFactorsAreMasked() throws {
    let factorized = try bertTiny().applying(Factorize.self, [("rank", "4")])
    let pruned = try factorized.applying(Prune.self, [("sparsity", "0.75")])
    var (kept, all) = (0, 0)
    for (before, after) in zip(factorized.parameters, pruned.parameters) where before.isLinear {
      guard case .factorized(let left, let right) = after.storage,
        case .factorized(let wholeLeft, let wholeRight) = before.storage
      else {
        Issue.record("\(after.storage)")
        continue
      }
      #expect(left.kind == .sparse && right.kind == .sparse)
      kept += after.storage.storedCount
      all += before.storage.storedCount
      for (part, whole, shape) in [
        (left, wholeLeft, [before.shape[0], 4]), (right, wholeRight, [4, before.shape[1]]),
      ] {
        let (found, values) = (
          try part.values(of: Shape(shape)), try whole.values(of: Shape(shape))
        )
        #expect(zip(found, values).allSatisfy { $0 == 0 || $0 == $1 })
      }
      let values = try after.values()
      let stored = try after.stored.floats()
      #expect(values == stored)
    }
    #expect(kept == all - Int((0.75 * Double(all)).rounded(.toNearestOrEven)))
  }

  /// Codes of 4 bits with a scale for each row.
  private func quantized() throws -> Checkpoint {
    var generator = SeededGenerator(seed: 8)
    return try bertTiny().replacing { parameter in
      guard parameter.isLinear else { return nil }
      let codes = (0..<parameter.shape.elementCount).map { _ in
        UInt8(bitPattern: Int8.random(in: -8...7, using: &generator))
      }
      let scales = (0..<parameter.shape[0]).map { _ in Float.random(in: 0.1...1, using: &generator)
      }
      return .quantized(
        codes: Tensor(.i8, parameter.shape, source: MemorySource(codes)),
        scheme: .uniform(
          bits: 4, granularity: .axis(0), scales: Tensor(scales, [scales.count]), zeroPoints: nil,
          groupIndex: nil))
    }
  }

  @Test func codesAreMaskedByWhatTheyStandFor() throws {
    let original = try quantized()
    let once = try original.applying(Prune.self, [("sparsity", "0.5")])
    let twice = try once.applying(Prune.self, [("sparsity", "0.75")])
    let direct = try original.applying(Prune.self, [("sparsity", "0.75")])
    var magnitudes: (kept: [Float], masked: [Float]) = ([], [])
    for (before, after) in zip(original.parameters, once.parameters) where before.isLinear {
      guard case .sparse(_, .quantized(let codes, _)) = after.storage else {
        Issue.record("\(after.storage)")
        continue
      }
      #expect(codes.elementType == .i8)
      for (value, found) in zip(try before.values(), try after.values()) {
        #expect(found == value || found == 0)
        if found == 0 {
          magnitudes.masked.append(abs(value))
        } else {
          magnitudes.kept.append(abs(value))
        }
      }
    }
    #expect(magnitudes.masked.count == 2048)
    #expect(magnitudes.masked.max()! <= magnitudes.kept.min()!)
    for (left, right) in zip(twice.parameters, direct.parameters) where left.isLinear {
      let (found, expected) = (try left.values(), try right.values())
      #expect(found == expected)
    }
  }

  @Test func weightsAreComparedByWhatWasMeasured() throws {
    let original = try bertTiny()
    let path = "encoder.0.ffn.output.weight"
    let parameter = try original.parameter(at: path)
    let norms = (0..<32).map { Float($0 % 4 == 0 ? 100 : 1) }
    let wanda = try original.applying(
      Prune.self, [("sparsity", "0.75"), ("only", path)],
      statistics: Statistics([("\(path).norm", Tensor(norms, [32]))]))
    let products = try parameter.values().enumerated().map { abs($1) * norms[$0 % 32] }
    let limit = products.sorted()[383]
    let found = try wanda.parameter(at: path).values()
    let expected = zip(try parameter.values(), products).map { $1 > limit ? $0 : 0 }
    #expect(found == expected)

    let importance = (0..<512).map { Float(($0 * 37) % 512) }
    let measured = try original.applying(
      Prune.self, [("sparsity", "0.5"), ("only", path)],
      statistics: Statistics([("\(path).importance", Tensor(importance, [16, 32]))]))
    let kept = try measured.parameter(at: path).values()
    #expect(kept == zip(try parameter.values(), importance).map { $1 >= 256 ? $0 : 0 })
  }

  @Test func embeddingsNormsAndBiasesGoOnlyWhereTheyAreNamed() throws {
    let original = try bertTiny()
    func pruned(_ only: String?) throws -> Set<String> {
      let options = [("sparsity", "0.5")] + (only.map { [("only", $0)] } ?? [])
      let parameters = try original.applying(Prune.self, options).parameters
      return Set(parameters.filter { $0.storage.kind == .sparse }.map(\.role.description))
    }
    let linears = Set(original.parameters.filter(\.isLinear).map(\.role.description))
    for only in [nil, "encoder"] {
      let found = try pruned(only)
      #expect(found == linears)
    }
    let embeddings = try pruned("embeddings")
    #expect(
      embeddings == [
        "embeddings.word.weight", "embeddings.position.weight", "embeddings.type.weight",
      ])
    let biases = try pruned("encoder.*.attention.query.bias")
    #expect(biases == ["encoder.0.attention.query.bias", "encoder.1.attention.query.bias"])
    let norms = try pruned("encoder.0.ffn.norm")
    #expect(norms == ["encoder.0.ffn.norm.weight", "encoder.0.ffn.norm.bias"])
  }

  @Test(arguments: [
    (
      [("sparsity", "0.5"), ("pattern", "3x1")],
      "'bert.encoder.layer.0.attention.self.query.weight': prune: its shape [16, 16] cannot be divided into 3 × 1"
    ),
    ([("pattern", "2:5")], "prune: its shape [16, 16] cannot be divided into 1 × 5"),
    ([("scope", "layer")], "prune needs 'sparsity'"),
    ([("pattern", "2:4"), ("sparsity", "0.6")], "'sparsity' and 'pattern 2:4' exclude each other"),
    ([("sparsity", "0.5"), ("pattern", "4:2")], "'pattern' takes unstructured, N:M as 2:4"),
    ([("sparsity", "0.5"), ("pattern", "0x4")], "not '0x4'"),
    ([("sparsity", "0.5"), ("pattern", "4x")], "not '4x'"),
    ([("sparsity", "0.5"), ("only", "nowhere")], "none matches --only and --except"),
  ])
  func refuses(_ options: [(String, String)], saying message: String) throws {
    let original = try bertTiny()
    let failure = try #require(Failure { _ = try original.applying(Prune.self, options) })
    #expect(failure.description.contains(message), "\(failure)")
  }

  @Test func refusesWhatWasNotMeasuredAlike() throws {
    let original = try bertTiny()
    let query = "encoder.0.attention.query.weight"
    let key = "encoder.0.attention.key.weight"
    let norm = ("\(query).norm", Tensor([Float](repeating: 1, count: 16), [16]))
    let importance = ("\(key).importance", Tensor([Float](repeating: 1, count: 256), [16, 16]))
    let options = [("sparsity", "0.5"), ("only", "/^encoder.0.attention.(query|key)/")]
    for (tensors, message) in [
      ([norm], "prune: the statistics hold neither '\(key).importance' nor '\(key).norm'"),
      ([norm, importance], "prune: the statistics hold its importance, but of"),
      ([norm, ("\(key).norm", Tensor([1, 2], [2]))], "is [2] where the model asks for [16]"),
    ] {
      let failure = try #require(
        Failure {
          _ = try original.applying(Prune.self, options, statistics: Statistics(tensors))
        })
      #expect(failure.description.contains(message), "\(failure)")
    }
  }
}
