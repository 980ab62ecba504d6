import Checkpoints
import Kernels
import Tensors
import TestSupport
import Testing

@testable import Passes

/// Against compressed-tensors, bit for bit: `samples/make_quantize_goldens.py`.
@Suite struct UniformQuantizationTests {
  static let granularities = ["tensor", "channel", "group", "block"]

  @Test(arguments: granularities, ["symmetric", "asymmetric"])
  func isWhatCompressedTensorsMakes(_ granularity: String, _ symmetry: String) throws {
    let samples = try QuantizationSamples("uniform")
    let keys = samples.byName.keys.filter {
      $0.hasSuffix(".codes")
        && $0.split(separator: ".")[2...3] == [granularity[...], symmetry[...]]
    }
    #expect(keys.count == 9)
    for key in keys.sorted() {
      let prefix = String(key.dropLast(".codes".count))
      let matrix = try samples.tensor(String(key.prefix { $0 != "." }))
      let found = try quantized(.dense(matrix), matrix.shape, try Self.options(prefix))
      guard case .quantized(let codes, .uniform(_, _, let scales, let zeros, nil)) = found else {
        Issue.record("\(found)")
        continue
      }
      #expect(try codes.allBytes() == samples.tensor(key).allBytes(), "\(key)")
      let expected = try samples.tensor(prefix + ".scales")
      #expect(scales.shape == expected.shape, "\(key)")
      // The library leaves scales in the type of the values, rounded.
      #expect(try scales.cast(to: .f32).floats() == expected.floats(), "\(key)")
      #expect(
        try zeros?.allBytes() == (samples.byName[prefix + ".zeros"].map { try $0.allBytes() }),
        "\(key)")
      if let values = samples.byName[prefix + ".values"] {
        #expect(try found.values(of: matrix.shape) == values.floats(), "\(key)")
      }
    }
  }

  /// MATRIX.BITS.GRANULARITY.SYMMETRY[.TYPE]
  private static func options(_ key: String) throws -> [String: String] {
    let parts = key.split(separator: ".").map(String.init)
    var options = ["bits": parts[1]]
    switch parts[2] {
    case "channel": options["per"] = "row"
    case "group": options["group-size"] = "8"
    case "block": options["block"] = "4x7"
    default: options["per"] = parts[2]
    }
    if parts[3] == "asymmetric" { options["asymmetric"] = "true" }
    if parts.count > 4 { options["scale-dtype"] = parts[4] }
    return options
  }

  /// Masking and quantizing commute: zeros move no range.
  @Test(arguments: granularities)
  func codesUnderAMaskAreThoseOfTheDenseMatrix(_ granularity: String) throws {
    let shape: Shape = [12, 28]
    let (values, mask) = masked(shape, block: granularity == "block" ? [4, 1] : [1, 1])
    let dense = try values.values(of: shape)
    for symmetry in ["symmetric", "asymmetric"] {
      var options = try Self.options(
        "m.5.\(granularity == "group" ? "block" : granularity).\(symmetry)")
      if granularity == "group" { options = ["bits": "5", "group-size": "7"] }
      let found = try quantized(values, shape, options)
      let whole = try quantized(.dense(Tensor(dense, shape)), shape, options)
      let expected = zip(try whole.values(of: shape), dense).map { $1 == 0 ? 0 : $0 }
      #expect(found.description.hasPrefix("sparse(quantized(I8, uniform 5 bits"))
      #expect(try found.values(of: shape) == expected)
      #expect(
        try found.storedCount == mask.allBytes().count { $0 != 0 }
          * (granularity == "block" ? 4 : 1))
    }
  }

  @Test func aMatrixWhoseRangeIsBeyondASingleIsRefused() throws {
    let matrix = Tensor([-3e38, 3e38], [1, 2])
    let found = try quantized(.dense(matrix), [1, 2], ["asymmetric": "true"])
    #expect(throws: Failure.self) { try found.values(of: [1, 2]) }
  }
}

/// A matrix under a mask that keeps about a third.
func masked(_ shape: Shape, block: Shape = [1, 1]) -> (Storage, kept: Tensor) {
  var generator = SeededGenerator(seed: 3)
  let kept: Shape = [shape[0] / block[0], shape[1] / block[1]]
  let bytes = (0..<kept.elementCount).map { _ in UInt8.random(in: 0..<3, using: &generator) / 2 }
  let mask = Tensor(.bool, kept, source: MemorySource(bytes))
  let count = bytes.count { $0 != 0 } * block.elementCount
  let values = normal(shape.elementCount, seed: 4).prefix(count).map { $0 == 0 ? 1 : $0 }
  let storage = Storage.sparse(
    mask: Mask(kept: mask, denseShape: shape, block: block),
    values: .dense(Tensor(Array(values), [count])))
  return (storage, mask)
}
