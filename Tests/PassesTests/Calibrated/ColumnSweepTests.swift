import Checkpoints
import Documents
import Formats
import Tensors
import TestSupport
import Testing

@testable import Kernels

/// A matrix and what it is fed, and what SparseGPT and GPTQ in PyTorch make of it (`samples/make_calibrated_goldens.py`).
struct GoldenSweeps {
  let tensors: [String: Tensor]
  let errors: JSON

  init() throws {
    let container = try SafetensorsFormat().read(
      Places.sample("calibrated/sweeps.safetensors"), options: ReadOptions())
    tensors = Dictionary(uniqueKeysWithValues: container.tensors.map { ($0.name, $0.tensor) })
    errors = try JSON.read(Places.sample("calibrated/sweeps.json"))
  }

  static let (rows, columns) = (48, 160)

  var weights: [Float] { get throws { try floats("weights") } }
  var gram: [Float] { get throws { try floats("gram") } }

  func floats(_ name: String) throws -> [Float] { try tensors[name]!.floats() }
  func error(_ name: String) -> Double { errors[name]?.number ?? 0 }

  /// ‖(W − Ŵ)X‖², in double precision.
  func error(of result: [Float]) throws -> Double {
    let (weights, gram) = (try weights, try gram)
    var sum = 0.0
    for row in 0..<Self.rows {
      let change = (0..<Self.columns).map { column in
        Double(weights[row * Self.columns + column]) - Double(result[row * Self.columns + column])
      }
      for left in 0..<Self.columns {
        for right in 0..<Self.columns {
          sum += change[left] * Double(gram[left * Self.columns + right]) * change[right]
        }
      }
    }
    return sum
  }
}

/// Sweeps over columns, held against the published loops in PyTorch.
@Suite struct ColumnSweepTests {
  private static let masks: [String: (choice: MaskingRule.Choice, height: Int)] = [
    "sparsegpt-50": (.share(0.5), 1), "sparsegpt-2:4": (.ratio(kept: 2, group: 4), 1),
    "sparsegpt-4x1": (.share(0.5), 4),
  ]

  private func sweep(_ golden: GoldenSweeps, group: Int = 1) throws -> ColumnSweep {
    let curvature = try InputCurvature(gram: golden.gram, size: GoldenSweeps.columns)
    #expect(curvature.damping == 0.01)
    return try ColumnSweep(
      rows: GoldenSweeps.rows, columns: GoldenSweeps.columns, curvature, group: group)
  }

  /// The error of what the linear gives is that of the reference, and nearly all weights that go are the same.
  @Test(arguments: masks.keys.sorted()) func masksAsSparseGPTDoes(_ name: String) throws {
    let golden = try GoldenSweeps()
    let (choice, height) = Self.masks[name]!
    let rule = MaskingRule(choice, height: height)
    let result = try sweep(golden, group: name.hasSuffix("2:4") ? 4 : 1).run(
      golden.weights, rule)
    let expected = try golden.floats(name)
    #expect(try golden.error(of: result) <= 1.01 * golden.error(name))
    let differing = zip(result, expected).count { ($0 == 0) != ($1 == 0) }
    #expect(differing <= result.count / 100, "\(differing)")
    let mask = rule.mask
    for (index, value) in result.enumerated() where value != 0 {
      let (row, column) = (index / GoldenSweeps.columns, index % GoldenSweeps.columns)
      #expect(mask[row / height * GoldenSweeps.columns + column] == 1)
    }
    let masked = mask.count { $0 == 0 }
    #expect(masked == mask.count / 2)
  }

  @Test(arguments: [
    ("gptq-4", 4, true, nil), ("gptq-3", 3, true, nil), ("gptq-4-asymmetric", 4, false, nil),
    ("gptq-3-group", 3, true, 32),
  ])
  func roundsAsGPTQDoes(_ name: String, _ bits: Int, _ isSymmetric: Bool, _ group: Int?) throws {
    let golden = try GoldenSweeps()
    let rule = RoundingRule(
      bits: bits, isSymmetric: isSymmetric, group: group, scales: ScaleRounding(.f32))
    let result = try sweep(golden).run(golden.weights, rule)
    #expect(try golden.error(of: result) <= 1.01 * golden.error(name))
    let expected = try golden.floats(name)
    let differing = zip(result, expected).count { abs($0 - $1) > 1e-4 }
    #expect(differing <= result.count / 50, "\(differing)")
    // Codes and scales stand for what the sweep has given.
    let (codes, scales, points) = rule.result
    let steps = scales.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    let groups = steps.count / GoldenSweeps.rows
    let width = GoldenSweeps.columns / groups
    #expect((points == nil) == isSymmetric)
    for (index, code) in codes.enumerated() {
      let (row, column) = (index / GoldenSweeps.columns, index % GoldenSweeps.columns)
      let step = row * groups + column / width
      let zero = points.map { Float(Int8(bitPattern: $0[step])) } ?? 0
      #expect(result[index] == steps[step] * (Float(Int8(bitPattern: code)) - zero))
    }
  }

  @Test func doesBothTogether() throws {
    let golden = try GoldenSweeps()
    let masking = MaskingRule(.share(0.5))
    let rounding = RoundingRule(
      bits: 4, isSymmetric: true, group: nil, scales: ScaleRounding(.f32))
    let result = try sweep(golden).run(golden.weights, JointRule(masking, rounding))
    #expect(try golden.error(of: result) <= 1.01 * golden.error("joint-50-4"))
    #expect(masking.mask.count { $0 == 0 } == result.count / 2)
  }

  /// What makes up for errors lowers them, whatever is done; with inputs that are independent there is nothing to make up for.
  @Test func independentInputsChangeNothing() throws {
    let golden = try GoldenSweeps()
    var gram = [Float](repeating: 0, count: 160 * 160)
    for index in 0..<160 { gram[index * 161] = 2 }
    let curvature = try InputCurvature(gram: gram, size: 160)
    let sweep = try ColumnSweep(rows: 48, columns: 160, curvature)
    let weights = try golden.weights
    let result = sweep.run(weights, MaskingRule(.given(weights.map { $0 < 0 ? 0 : 1 })))
    #expect(zip(result, weights).allSatisfy { abs($0 - max(0, $1)) < 1e-6 })
  }

  @Test func momentsOfTooFewInputsAreDamped() throws {
    // One vector alone: of rank one.
    let x = (0..<32).map { Float($0 % 5) - 2 }
    let gram = x.flatMap { left in x.map { left * $0 } }
    let curvature = try InputCurvature(gram: gram, size: 32, damping: 0)
    #expect(curvature.damping > 0)
    let wrong = (0..<4).map { Float($0 == 0 || $0 == 3 ? 1 : -1e30) }
    #expect(throws: Failure.self) { try InputCurvature(gram: wrong, size: 2) }
  }
}
