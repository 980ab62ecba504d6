import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Passes

/// Against NumPy and PyTorch: `samples/make_quantize_goldens.py`.
@Suite struct StepQuantizationTests {
  @Test(arguments: ["0.02", "0.8"], ["F32", "F16", "BF16"])
  func isWhatTheDefinitionSays(_ factor: String, _ type: String) throws {
    let samples = try QuantizationSamples("steps")
    let matrix = try samples.tensor("matrix")
    let options = ["method": "step", "step": factor, "scale-dtype": type]
    try expect(quantized(.dense(matrix), matrix.shape, options), samples, "\(factor).\(type)")
    let mask = try samples.tensor("mask")
    let kept = zip(try matrix.floats(), try mask.allBytes()).filter { $1 != 0 }.map(\.0)
    let sparse = Storage.sparse(
      mask: Mask(kept: mask, denseShape: matrix.shape), values: .dense(Tensor(kept, [kept.count])))
    let found = try quantized(sparse, matrix.shape, options)
    guard case .sparse(_, let values) = found else { return #expect(Bool(false), "\(found)") }
    try expect(values, samples, "\(factor).\(type).masked")
    #expect(
      try zip(found.values(of: matrix.shape), mask.allBytes()).allSatisfy { $1 != 0 || $0 == 0 })
  }

  private func expect(_ found: Storage, _ samples: QuantizationSamples, _ key: String) throws {
    guard case .quantized(let codes, .rowStep(let steps)) = found else {
      return #expect(Bool(false), "\(found)")
    }
    let (goldenCodes, goldenSteps) = (
      try samples.tensor(key + ".codes"), try samples.tensor(key + ".steps")
    )
    #expect(codes.elementType == goldenCodes.elementType)
    #expect(try codes.allBytes() == goldenCodes.allBytes(), "\(key)")
    #expect(steps.elementType == goldenSteps.elementType)
    #expect(try steps.allBytes() == goldenSteps.allBytes(), "\(key)")
  }

  /// The step is a bound: no value moves by more than half of it.
  @Test(arguments: [0.01, 0.3, 2.5])
  func noValueMovesFurtherThanHalfAStep(_ factor: Double) throws {
    var values = normal(40 * 90, seed: 9)
    values[17] = 900
    let found = try quantized(
      .dense(Tensor(values, [40, 90])), [40, 90], ["method": "step", "step": "\(factor)"])
    guard case .quantized(_, .rowStep(let steps)) = found else { return }
    let halves = try steps.cast(to: .f32).floats().map { $0 * 0.5001 }
    for (index, pair) in zip(values, try found.values(of: [40, 90])).enumerated() {
      #expect(abs(pair.0 - pair.1) <= halves[index / 90])
    }
  }
}
