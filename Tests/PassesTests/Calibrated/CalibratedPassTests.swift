import Checkpoints
import Kernels
import Passes
import Tensors
import TestSupport
import Testing

/// Passes that go by what calibration has measured, on the small BERT.
@Suite struct CalibratedPassTests {
  private static let role = "encoder.1.ffn.intermediate.weight"

  /// Second moments of inputs that depend on one another, for every linear of a model.
  private func statistics(of checkpoint: Checkpoint) throws -> Statistics {
    try Statistics(
      checkpoint.parameters.filter(\.isLinear).map { parameter in
        let width = parameter.shape[1]
        let inputs = try Tensor.seeded([3 * width, width], "\(parameter.role)").floats()
        var gram = [Float](repeating: 0, count: width * width)
        for row in 0..<(3 * width) {
          for left in 0..<width {
            for right in 0..<width {
              let (a, b) = (inputs[row * width + left], inputs[row * width + right])
              gram[left * width + right] += (a - 0.3) * (b - 0.3)
            }
          }
        }
        let bytes = gram.withUnsafeBytes { [UInt8]($0) }
        return (
          "\(parameter.role).gram", Tensor(.f32, [width, width], source: MemorySource(bytes))
        )
      })
  }

  /// The squared error of what a linear gives, by the second moments of its inputs.
  private func error(
    _ changed: Checkpoint, _ original: Checkpoint, _ statistics: Statistics
  ) throws -> Double {
    let before = try original.parameter(at: Self.role)
    let (old, new) = (try before.values(), try changed.parameter(at: Self.role).values())
    let width = before.shape[1]
    let gram = try #require(try statistics.gram(before.role, width: width))
    var sum = 0.0
    for row in 0..<before.shape[0] {
      for left in 0..<width {
        for right in 0..<width {
          let place = row * width
          sum +=
            Double(old[place + left] - new[place + left]) * Double(gram[left * width + right])
            * Double(old[place + right] - new[place + right])
        }
      }
    }
    return sum
  }

  /// The more is known, the less is lost: by magnitude, by norms, with others making up.
  @Test func errorsFallWithWhatIsKnown() throws {
    let model = try bertTiny()
    let statistics = try statistics(of: model)
    let only = [("sparsity", "0.5"), ("scope", "tensor")]
    let magnitude = try model.applying(Prune.self, only)
    let wanda = try model.applying(
      Prune.self, [("sparsity", "0.5"), ("method", "wanda")], statistics: statistics)
    let sparse = try model.applying(
      Prune.self, [("sparsity", "0.5"), ("method", "sparsegpt")], threads: 2,
      statistics: statistics)
    let errors = try [magnitude, wanda, sparse].map { try error($0, model, statistics) }
    #expect(errors[2] < 0.8 * errors[1] && errors[2] < 0.8 * errors[0], "\(errors)")
    for pruned in [wanda, sparse] {
      for parameter in pruned.parameters(under: "encoder").filter(\.isLinear) {
        guard case .sparse(let mask, _) = parameter.storage else {
          Issue.record("\(parameter.role) is \(parameter.storage)")
          continue
        }
        let kept = try mask.kept.allBytes().reduce(0) { $0 + Int($1) }
        #expect(kept == parameter.shape.elementCount / 2)
        #expect(try parameter.values() == parameter.stored.floats())
      }
    }
  }

  /// Of each row as many go, whatever its size.
  @Test func wandaComparesWithinRows() throws {
    let model = try bertTiny()
    let pruned = try model.applying(
      Prune.self, [("sparsity", "0.25"), ("method", "wanda")], statistics: statistics(of: model))
    let parameter = try pruned.parameter(at: Self.role)
    let width = parameter.shape[1]
    let values = try parameter.values()
    for row in 0..<parameter.shape[0] {
      #expect(values[(row * width)..<((row + 1) * width)].count { $0 == 0 } == width / 4)
    }
  }

  @Test func patternsAreKept() throws {
    let model = try bertTiny()
    let statistics = try statistics(of: model)
    let ratio = try model.applying(
      Prune.self, [("pattern", "2:4"), ("method", "sparsegpt")], statistics: statistics)
    let values = try ratio.parameter(at: Self.role).values()
    for start in stride(from: 0, to: values.count, by: 4) {
      #expect(values[start..<(start + 4)].count { $0 == 0 } == 2)
    }
    let blocks = try model.applying(
      Prune.self, [("sparsity", "0.5"), ("pattern", "4x1"), ("method", "sparsegpt")],
      statistics: statistics)
    guard case .sparse(let mask, _) = try blocks.parameter(at: Self.role).storage else {
      Issue.record("not sparse")
      return
    }
    #expect(mask.block == [4, 1])
  }

  /// Rounding errors are made up for, with masks that stay as they are.
  @Test(arguments: [("bits", "3"), ("group-size", "8"), ("asymmetric", "true")])
  func gptqLosesLess(_ option: String, _ value: String) throws {
    let model = try bertTiny()
    let statistics = try statistics(of: model)
    let options = [(option, value)] + (option == "bits" ? [] : [("bits", "4")])
    let plain = try model.applying(Quantize.self, options)
    let calibrated = try model.applying(
      Quantize.self, options + [("method", "gptq")], statistics: statistics)
    #expect(
      try error(calibrated, model, statistics) < 0.8 * error(plain, model, statistics))
    #expect(try calibrated.parameter(at: "embeddings.word.weight").storage.kind == .dense)
    let sparse = try model.applying(Prune.self, [("sparsity", "0.5")])
    let both = try sparse.applying(
      Quantize.self, options + [("method", "gptq")], statistics: statistics)
    let (before, after) = (
      try sparse.parameter(at: Self.role).values(), try both.parameter(at: Self.role).values()
    )
    #expect(zip(before, after).allSatisfy { $0 != 0 || $1 == 0 })
    #expect(
      try error(both, sparse, statistics)
        < error(sparse.applying(Quantize.self, options), sparse, statistics))
  }

  @Test func whatCannotBeDoneIsSaid() throws {
    let model = try bertTiny()
    let statistics = try statistics(of: model)
    func refused(_ message: String, _ body: () throws -> Void) {
      let text = Failure(of: body)?.description ?? "nothing"
      #expect(text.contains(message), "\(text)")
    }
    refused("prune needs 'statistics'") {
      _ = try model.applying(Prune.self, [("sparsity", "0.5"), ("method", "wanda")])
    }
    refused("quantize needs 'statistics'") {
      _ = try model.applying(Quantize.self, [("method", "gptq")])
    }
    refused("exclude each other") {
      _ = try model.applying(
        Prune.self, [("sparsity", "0.5"), ("method", "sparsegpt"), ("scope", "global")],
        statistics: statistics)
    }
    refused("blocks of rows") {
      _ = try model.applying(
        Prune.self, [("sparsity", "0.5"), ("method", "sparsegpt"), ("pattern", "1x4")],
        statistics: statistics)
    }
    refused("a scale for each row or group") {
      _ = try model.applying(
        Quantize.self, [("method", "gptq"), ("per", "tensor")], statistics: statistics
      ).storedBytes()
    }
    refused("do not say what it is fed") {
      _ = try model.applying(
        Quantize.self, [("method", "gptq"), ("only", "pooler")], statistics: statistics
      ).storedBytes()
    }
  }
}
