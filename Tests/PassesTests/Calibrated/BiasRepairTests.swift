import Checkpoints
import Passes
import Tensors
import TestSupport
import Testing

/// Options of passes that calibration makes possible.
@Suite struct BiasRepairTests {
  private static let path = "encoder.1.ffn.intermediate"

  /// What every linear of a model is fed: far from zero on the average.
  private func statistics(of checkpoint: Checkpoint) throws -> Statistics {
    try Statistics(
      checkpoint.parameters.filter(\.isLinear).flatMap { parameter in
        let (width, count) = (parameter.shape[1], 3 * parameter.shape[1])
        let inputs = try Tensor.seeded([count, width], "\(parameter.role)").floats().map {
          $0 + 0.7
        }
        var gram = [Float](repeating: 0, count: width * width)
        var mean = [Float](repeating: 0, count: width)
        for row in 0..<count {
          for left in 0..<width {
            mean[left] += inputs[row * width + left] / Float(count)
            for right in 0..<width {
              gram[left * width + right] += inputs[row * width + left] * inputs[row * width + right]
            }
          }
        }
        return [
          ("\(parameter.role).gram", Tensor(floats: gram, [width, width])),
          ("\(parameter.role).mean", Tensor(floats: mean, [width])),
          ("\(parameter.role).count", Tensor(floats: [Float(count)], [1])),
        ]
      })
  }

  /// W·E[x] + b of the linear.
  private func meanOutputs(_ model: Checkpoint, _ statistics: Statistics) throws -> [Double] {
    let weight = try model.parameter(at: "\(Self.path).weight")
    let bias = try model.parameter(at: "\(Self.path).bias").values()
    let width = weight.shape[1]
    let mean = try #require(try statistics.mean(weight.role, width: width))
    let values = try weight.values()
    return bias.indices.map { row in
      (0..<width).reduce(Double(bias[row])) {
        $0 + Double(values[row * width + $1]) * Double(mean[$1])
      }
    }
  }

  /// On the average linears give what they gave, whatever was done to them.
  @Test func meansStay() throws {
    let model = try bertTiny()
    let statistics = try statistics(of: model)
    let before = try meanOutputs(model, statistics)
    func distance(_ changed: Checkpoint) throws -> Double {
      zip(try meanOutputs(changed, statistics), before).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }
    for repair in [false, true] {
      let more = repair ? [("repair", "bias")] : []
      let changed = [
        try model.applying(
          Quantize.self, [("bits", "2"), ("only", "encoder")] + more, statistics: statistics),
        try model.applying(
          Prune.self, [("method", "sparsegpt"), ("sparsity", "0.6")] + more, statistics: statistics),
        try model.applying(Factorize.self, [("ratio", "0.3")] + more, statistics: statistics),
        try model.applying(
          Quantize.self, [("method", "gptq"), ("step", "1.5")] + more, statistics: statistics),
      ]
      for checkpoint in changed {
        let distance = try distance(checkpoint)
        #expect(repair ? distance < 1e-4 : distance > 1e-3, "\(repair): \(distance)")
      }
    }
    let failure = try #require(
      Failure { _ = try model.applying(Quantize.self, [("bits", "4"), ("repair", "bias")]) })
    #expect(failure.reason.outcome == .usage)
  }

  /// Multiples of a step: with what linears are fed far less is lost than without, and the more that is distrusted the nearer it is to
  /// plain rounding.
  @Test func stepsMakeUpForOneAnother() throws {
    let model = try bertTiny()
    let statistics = try statistics(of: model)
    let plain = try model.applying(
      Quantize.self, [("method", "step"), ("step", "1"), ("only", "encoder")])
    func error(_ changed: Checkpoint) throws -> Double {
      let weight = try model.parameter(at: "\(Self.path).weight")
      let (old, new) = (
        try weight.values(), try changed.parameter(at: "\(Self.path).weight").values()
      )
      let width = weight.shape[1]
      let gram = try #require(try statistics.gram(weight.role, width: width))
      var sum = 0.0
      for row in 0..<weight.shape[0] {
        for left in 0..<width {
          for right in 0..<width {
            sum +=
              Double(old[row * width + left] - new[row * width + left])
              * Double(gram[left * width + right])
              * Double(old[row * width + right] - new[row * width + right])
          }
        }
      }
      return sum
    }
    func stepped(_ options: [(String, String)]) throws -> Checkpoint {
      try model.applying(
        Quantize.self, [("method", "gptq"), ("step", "1")] + options, statistics: statistics)
    }
    let close = try stepped([])
    #expect(try error(close) < 0.5 * error(plain))
    let distrusting = try stepped([("damping", "100")])
    #expect(try error(close) < error(distrusting))
    let (codes, same) = (
      try plain.parameter(at: "\(Self.path).weight").values(),
      try distrusting.parameter(at: "\(Self.path).weight").values()
    )
    #expect(zip(codes, same).count { abs($0 - $1) < 1e-6 } * 10 > codes.count * 9)
    // Under a mask, too.
    let sparse = try model.applying(
      Prune.self, [("method", "sparsegpt"), ("sparsity", "0.5")], statistics: statistics)
    let coded = try sparse.applying(
      Quantize.self, [("method", "gptq"), ("step", "1")], statistics: statistics)
    let (masked, kept) = (
      try sparse.parameter(at: "\(Self.path).weight").values(),
      try coded.parameter(at: "\(Self.path).weight").values()
    )
    #expect(zip(masked, kept).allSatisfy { $0 != 0 || $1 == 0 })
    let both = try #require(Failure { _ = try stepped([("bits", "4")]) })
    #expect(both.reason.outcome == .usage)
  }

  /// Rows of words that occur a hundred times as often have steps of a tenth of the length.
  @Test func rareWordsHaveLongSteps() throws {
    let model = try bertTiny()
    let words = try model.parameter(at: "embeddings.word.weight")
    let count = words.shape[0]
    let counts = (0..<count).map { Float($0 % 2 == 0 ? 9999 : 99) }
    let statistics = try Statistics([("tokens.frequency", Tensor(floats: counts, [count]))])
    func steps(_ options: [(String, String)], _ statistics: Statistics?) throws -> [Float] {
      let changed = try model.applying(
        Quantize.self,
        [("method", "step"), ("step", "0.5"), ("only", "embeddings.word")] + options,
        statistics: statistics)
      guard
        case .quantized(_, .rowStep(let steps)) = try changed.parameter(
          at: "embeddings.word.weight"
        ).storage
      else { return [] }
      return try steps.singles()
    }
    let plain = try steps([], nil)
    let weighted = try steps([("frequency-power", "1")], statistics)
    let ratios = zip(weighted, plain).map { $0 / $1 }
    for pair in stride(from: 0, to: count - 1, by: 2) {
      #expect(abs(ratios[pair + 1] / ratios[pair] - 10) < 0.2)
    }
    #expect(abs(ratios[0] - 1) < 0.02, "words as they usually are have the step that was asked for")
    let failure = try #require(
      Failure { _ = try steps([("frequency-power", "1")], Statistics([])) })
    #expect("\(failure.reason)".contains("how often"))
  }

  /// Singular values in the left factor: rows of the right one have the length 1, any rank is taken, and the product is the same.
  @Test func balanceOfFactors() throws {
    let model = try bertTiny()
    let weight = try model.parameter(at: "\(Self.path).weight")
    let rank = min(weight.shape[0], weight.shape[1])
    let changed = try model.applying(
      Factorize.self, [("rank", "\(rank)"), ("balance", "left"), ("only", Self.path)])
    let result = try changed.parameter(at: "\(Self.path).weight")
    guard case .factorized(_, let right) = result.storage else {
      Issue.record("\(result.storage)")
      return
    }
    let rows = try right.values(of: [rank, weight.shape[1]])
    for row in 0..<rank {
      let own = rows[(row * weight.shape[1])..<((row + 1) * weight.shape[1])]
      #expect(abs(own.reduce(0) { $0 + $1 * $1 } - 1) < 1e-2)
    }
    #expect(zip(try result.values(), try weight.values()).allSatisfy { abs($0 - $1) < 1e-2 })
    #expect(
      Failure {
        _ = try model.applying(Factorize.self, [("rank", "\(rank)"), ("only", Self.path)])
      } != nil)
  }

  /// What is a product of the rank that is asked for already is left as it is: a schedule may ask for its last rank twice.
  @Test func productsOfTheRankStay() throws {
    let model = try bertTiny()
    let once = try model.applying(Factorize.self, [("ratio", "0.5")])
    let twice = try once.applying(Factorize.self, [("ratio", "0.5")])
    #expect(try once.storedBytes() == twice.storedBytes())
  }

  /// w² · F decides, and rows of matrices are weighted by F where that is asked for.
  @Test func fisherInformationDecides() throws {
    let model = try bertTiny()
    let weight = try model.parameter(at: "\(Self.path).weight")
    let values = try weight.values()
    // The larger a weight, the less it matters.
    let fisher = values.map { 1 / max(1e-20, $0 * $0 * $0 * $0) }
    let statistics = try Statistics([
      ("\(weight.role).fisher", Tensor(floats: fisher, weight.shape))
    ])
    let pruned = try model.applying(
      Prune.self, [("method", "fisher"), ("sparsity", "0.5"), ("only", Self.path)],
      statistics: statistics)
    let kept = try pruned.parameter(at: "\(Self.path).weight").values()
    let magnitudes = zip(values, kept).map { (abs($0), $1 != 0) }
    let greatest = magnitudes.filter(\.1).map(\.0).max() ?? 0
    #expect(magnitudes.filter { !$0.1 }.allSatisfy { $0.0 >= greatest })
    _ = try model.applying(
      Factorize.self, [("ratio", "0.5"), ("weighting", "fisher"), ("only", Self.path)],
      statistics: statistics
    ).parameter(at: "\(Self.path).weight").values()
    let failure = try #require(
      Failure {
        _ = try model.applying(
          Factorize.self, [("ratio", "0.5"), ("weighting", "inputs"), ("only", Self.path)],
          statistics: statistics)
      })
    #expect("\(failure.reason)".contains(".gram"))
  }
}

extension Tensor {
  fileprivate init(floats: [Float], _ shape: Shape) {
    self.init(.f32, shape, source: MemorySource(floats.withUnsafeBytes { [UInt8]($0) }))
  }
}
