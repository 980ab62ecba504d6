import Checkpoints
import Foundation
import Passes
import Recipes
import Tensors
import TestSupport
import Testing

@testable import Training

/// What the formulas of Optimal BERT Surgeon, in PyTorch and double precision, make of a matrix of the small BERT.
private struct GoldenCurvature: Decodable {
  let name: String
  let gradients: Int
  let damping: Double
  let cases: [Case]

  struct Case: Decodable, CustomTestStringConvertible {
    let fisher: [Int]
    let pattern: String
    let sparsity: Double
    /// Of the last block.
    let inverse: [Double]
    let weights: [Double]

    var testDescription: String { "\(pattern) in blocks of \(fisher)" }
  }

  static let one = try! JSONDecoder().decode(
    GoldenCurvature.self,
    from: Data(contentsOf: URL(fileURLWithPath: Places.sample("pruning/curvature.json"))))
}

@Suite struct CurvatureTests {
  /// The inverse within 1e-4 of its greatest number, the weights within 1e-4 of theirs, and zero where the golden ones are.
  @Test(arguments: GoldenCurvature.one.cases)
  private func prunesAndMakesUpForIt(_ golden: GoldenCurvature.Case) throws {
    let all = GoldenCurvature.one
    let checkpoint = try Model.open(Places.sample("bert-tiny")).checkpoint
    let original = try #require(checkpoint.parameters.first { $0.name == all.name })
    let model = try TrainableModel(checkpoint)
    let parameter = try #require(model.parameters.first { $0.id.role == original.role })
    var settings = CurvatureSettings()
    settings.size = golden.fisher[0] * golden.fisher[1]
    settings.damping = all.damping
    let only = [("only", [original.role.description])]
    let arguments = try PassArguments(
      of: Prune.declaration,
      [
        ("sparsity", ["\(golden.sparsity)"]), ("pattern", [golden.pattern]),
        ("statistics", ["here"]),
      ] + only)
    let prune = try Prune(arguments)
    let fisher = try BlockFisher(of: [parameter], pattern: prune.block, settings, threads: 2)
    for step in 0..<all.gradients {
      parameter.setGradient(sines(step, parameter))
      try fisher.add()
    }
    let statistics = try fisher.statistics()
    let (tensor, block) = try #require(
      try statistics.inverseFisher(original.role, of: original.shape))
    #expect(block == Shape(golden.fisher))
    let inverse = try tensor.singles().suffix(golden.inverse.count)
    expectNear(inverse.map(Double.init), golden.inverse, within: 1e-4)
    let context = PassContext(threads: 2, openStatistics: { _ in statistics })
    let pruned = try prune.apply(to: checkpoint, in: context)
    let after = try #require(pruned.parameters.first { $0.name == all.name })
    let values = try after.storage.values(of: after.shape).map(Double.init)
    expectNear(values, golden.weights, within: 1e-4)
    for (found, expected) in zip(values, golden.weights) {
      #expect((found == 0) == (expected == 0))
    }
    #expect(after.storage.kind == .sparse)
  }

  private func sines(_ step: Int, _ parameter: TrainableParameter) -> [Int: [Float]] {
    Dictionary(
      uniqueKeysWithValues: (0..<parameter.rows).map { row in
        let numbers = (0..<parameter.columns).map { column in
          let index = Double(row * parameter.columns + column + 1)
          let angle = (0.37 * index * Double(step + 1)).truncatingRemainder(
            dividingBy: 6.283185307179586)
          return Float(sin(angle) * 0.1)
        }
        return (row, numbers)
      })
  }

  private func expectNear(_ found: [Double], _ expected: [Double], within tolerance: Double) {
    #expect(found.count == expected.count)
    let scale = expected.map(abs).max() ?? 1
    let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
    #expect(worst <= tolerance * scale, "\(worst / scale)")
  }

  /// A block is what is masked together, along its longer side as often as the matrix allows.
  @Test func blocksFitTheMatrix() {
    var settings = CurvatureSettings()
    #expect(settings.block(for: [1, 1], rows: 8, columns: 48) == [1, 16])
    #expect(settings.block(for: [1, 1], rows: 8, columns: 12) == [1, 12])
    #expect(settings.block(for: [4, 1], rows: 24, columns: 5) == [12, 1])
    settings.size = 1
    #expect(settings.block(for: [4, 1], rows: 24, columns: 5) == [4, 1])
  }
}
