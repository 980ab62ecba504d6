import Checkpoints
import Glibc
import Kernels
import Passes
import Tensors
import TestSupport
import Testing

/// Passes that go by how far a model's scores move with what a matrix gives.
@Suite struct SensitivityTests {
  private static let linear = "encoder.1.ffn.intermediate"
  private static let words = "embeddings.word.weight"

  /// Between steps by size and steps by sensitivity alone, at the same geometric mean.
  @Test func stepsAreBalanced() {
    let steps: [Float] = [0.1, 0.4, 1, 0.2]
    let sensitivities: [Float] = [4, 1, 9, 16]
    #expect(balanced(steps: steps, sensitivities: sensitivities, power: 0) == steps)
    #expect(balanced(steps: steps, sensitivities: [0, 0, 0, 0], power: 1) == steps)
    let whole = balanced(steps: steps, sensitivities: sensitivities, power: 1)
    #expect(whole[2] == 1, "a row of zeros stays so")
    let rows = [0, 1, 3]
    let products = rows.map { whole[$0] * sensitivities[$0].squareRoot() }
    #expect(products.allSatisfy { abs($0 / products[0] - 1) < 0.01 })
    for power in [0.5, 1] {
      let found = balanced(steps: steps, sensitivities: sensitivities, power: power)
      let shift = rows.reduce(0) { $0 + log(found[$1] / steps[$1]) }
      #expect(abs(shift) < 1e-4)
    }
    // What was never seen to matter has a long step, but not any.
    let unseen = balanced(steps: [1.5, 1.5], sensitivities: [1, 0], power: 1)
    #expect(unseen[1] / 1.5 <= Float(StepBalance.limit) + 1e-4)
  }

  /// Rows that matter have finer steps than gptq would give them.
  @Test func rowsThatMatterHaveFineSteps() throws {
    let model = try bertTiny()
    let weight = try model.parameter(at: "\(Self.linear).weight")
    let (rows, width) = (weight.shape[0], weight.shape[1])
    var gram = [Float](repeating: 0, count: width * width)
    for index in 0..<width { gram[index * (width + 1)] = 1 }
    let slopes = (0..<rows).map { Float($0 % 2 == 0 ? 4 : 1) }
    func tensors(_ more: [(String, Tensor)]) throws -> Statistics {
      try Statistics([("\(weight.role).gram", Tensor(gram, [width, width]))] + more)
    }
    let statistics = try tensors([("\(weight.role).sensitivity", Tensor(slopes, [rows]))])
    func steps(_ power: String, _ statistics: Statistics) throws -> [Float] {
      let changed = try model.applying(
        Quantize.self,
        [
          ("method", "gptq"), ("step", "0.5"), ("sensitivity-power", power), ("only", Self.linear),
        ], statistics: statistics)
      guard
        case .quantized(_, .rowStep(let steps)) = try changed.parameter(
          at: "\(Self.linear).weight"
        ).storage
      else { return [] }
      return try steps.singles()
    }
    let plain = try steps("0", statistics)
    let own = try steps("1", statistics)
    for row in stride(from: 0, to: rows - 1, by: 2) {
      #expect(abs(own[row + 1] / own[row] - 2) < 0.05)
    }
    #expect(own != plain)
    let failure = try #require(Failure { _ = try steps("1", tensors([])) })
    #expect("\(failure.reason)".contains("scores move"))
    let usage = try #require(
      Failure {
        _ = try model.applying(
          Quantize.self, [("method", "gptq"), ("sensitivity-power", "1")], statistics: statistics)
      })
    #expect(usage.reason.outcome == .usage)
  }

  /// Words are turned so that errors of codes weigh as those of scores: the right factor takes the moments of derivatives to 1.
  @Test func wordsAreTurnedByWhatMatters() throws {
    let model = try bertTiny()
    let weight = try model.parameter(at: Self.words)
    let width = weight.shape[1]
    var generator = SeededGenerator(seed: 5)
    let slopes = (0..<(width * width)).map { index in
      Float.random(in: -1...1, using: &generator) * Float(1 + index % width)
    }
    var moments = [Float](repeating: 0, count: width * width)
    for left in 0..<width {
      for right in 0..<width {
        moments[left * width + right] = (0..<width).reduce(0) {
          $0 + slopes[$1 * width + left] * slopes[$1 * width + right]
        }
      }
    }
    let statistics = try Statistics([
      ("\(weight.role).sensitivity-gram", Tensor(moments, [width, width]))
    ])
    let options = [
      ("rank", "\(width)"), ("balance", "left"), ("weighting", "sensitivity"),
      ("only", "embeddings.word"),
    ]
    let changed = try model.applying(Factorize.self, options, statistics: statistics)
    let result = try changed.parameter(at: Self.words)
    guard case .factorized(_, let right) = result.storage else {
      Issue.record("\(result.storage)")
      return
    }
    let rows = try right.values(of: [width, width]).map(Double.init)
    let mean = (0..<width).reduce(0.0) { $0 + Double(moments[$1 * (width + 1)]) } / Double(width)
    var weighted = [Double](repeating: 0, count: width * width)
    for row in 0..<width {
      for column in 0..<width {
        weighted[row * width + column] = (0..<width).reduce(
          mean * rows[row * width + column]
        ) { $0 + rows[row * width + $1] * Double(moments[$1 * width + column]) }
      }
    }
    for left in 0..<width {
      for right in 0..<width {
        let product = (0..<width).reduce(0.0) {
          $0 + weighted[left * width + $1] * rows[right * width + $1]
        }
        #expect(abs(product - (left == right ? 1 : 0)) < 2e-2, "\(left), \(right): \(product)")
      }
    }
    let (old, new) = (try weight.values(), try result.values())
    #expect(zip(old, new).allSatisfy { abs($0 - $1) < 1e-3 })
    let failure = try #require(
      Failure { _ = try model.applying(Factorize.self, options, statistics: Statistics([])) })
    #expect("\(failure.reason)".contains("sensitivity-gram"))
  }

  /// Codes of a dead zone are those of plain rounding or one nearer to zero.
  @Test func deadZonesPullTowardsZero() throws {
    let model = try bertTiny()
    func values(_ zone: String) throws -> (codes: [Float], steps: [Float]) {
      let changed = try model.applying(
        Quantize.self,
        [("method", "step"), ("step", "0.5"), ("dead-zone", zone), ("only", "embeddings.word")])
      let parameter = try changed.parameter(at: Self.words)
      guard case .quantized(_, .rowStep(let steps)) = parameter.storage else { return ([], []) }
      return (try parameter.values(), try steps.singles())
    }
    let original = try model.parameter(at: Self.words)
    let before = try original.values()
    let (plain, steps) = try values("0")
    let (pulled, _) = try values("0.2")
    let width = original.shape[1]
    var changed = 0
    for index in before.indices {
      let step = steps[index / width]
      let (code, other) = (abs(plain[index] / step), abs(pulled[index] / step))
      #expect(other <= code + 1e-3 && other >= code - 1 - 1e-3)
      #expect(abs(pulled[index] - before[index]) <= 0.701 * step)
      changed += other < code - 0.5 ? 1 : 0
    }
    // A fifth of all numbers lies between a half and seven tenths of a step beyond a code, but for the tails.
    #expect(changed * 10 > before.count && changed * 3 < before.count)
  }
}

extension Tensor {
  fileprivate init(_ floats: [Float], _ shape: Shape) {
    self.init(.f32, shape, source: MemorySource(floats.withUnsafeBytes { [UInt8]($0) }))
  }
}
