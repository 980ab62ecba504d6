import Checkpoints
import Kernels
import Tensors
import TestSupport
import Testing

@testable import Passes

/// The squared error of rounding, against the least that there is or that scikit-learn finds from thirty starts.
@Suite struct CodebookQuantizationTests {
  private func error(_ found: [Float], _ values: [Float], _ weights: [Float]? = nil) -> Double {
    zip(found, values).enumerated().reduce(0) { sum, pair in
      let distance = Double(pair.element.0) - Double(pair.element.1)
      return sum + distance * distance * Double(weights?[pair.offset] ?? 1)
    }
  }

  @Test(arguments: [2, 3, 4, 6])
  func comesNearTheBestOfManyStarts(_ bits: Int) throws {
    let samples = try QuantizationSamples("means")
    let matrix = try samples.tensor("values").reshaped([20, 35])
    let found = try quantized(
      .dense(matrix), [20, 35], ["method": "kmeans", "bits": "\(bits)", "scale-dtype": "F32"])
    let error = error(try found.values(of: [20, 35]), try matrix.floats())
    #expect(error <= 1.005 * (try samples.number("values.\(bits)")))
    #expect(found.description == "quantized(U8, codebook \(bits) bits)")
  }

  @Test(arguments: [2, 3, 4, 6])
  func weighsValues(_ bits: Int) throws {
    let samples = try QuantizationSamples("means")
    let (values, weights) = (try samples.tensor("values"), try samples.tensor("weights").floats())
    let reader = TensorRows(values, rows: values.elementCount, columns: 1)
    let codebook = try ScalarCodebook(
      count: 1 << bits, of: reader, weights: weights, rounding: ScaleRounding(.f32))
    let found = try codebook.codes(of: reader).map { codebook.entries[Int($0)] }
    let least = try samples.number("weighted.\(bits)")
    #expect(error(found, try values.floats(), weights) <= 1.005 * least)
  }

  /// Dynamic programming over sorted values finds the least error (Wang and Song, "Ckmeans.1d.dp", 2011).
  @Test(arguments: 0..<20)
  func isTheBestOrNearlyOfFewValues(_ seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let centres: [Float] = [-20, -3, 0, 11]
    let values = (0..<40).map { _ in
      centres.randomElement(using: &generator)! + Float.random(in: -1...1, using: &generator)
    }
    let found = try quantized(
      .dense(Tensor(values, [5, 8])), [5, 8],
      ["method": "kmeans", "bits": "2", "scale-dtype": "F32"]
    ).values(of: [5, 8])
    #expect(error(found, values) <= leastError(values, count: 4) * 1.0001 + 1e-9)
  }

  private func leastError(_ values: [Float], count: Int) -> Double {
    let sorted = values.sorted().map(Double.init)
    func error(_ part: Range<Int>) -> Double {
      let mean = sorted[part].reduce(0, +) / Double(part.count)
      return sorted[part].reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    var least = (0...sorted.count).map { $0 == 0 ? 0 : error(0..<$0) }
    for _ in 1..<count {
      least = (0...sorted.count).map { end in
        (0..<max(1, end)).map { least[$0] + ($0 < end ? error($0..<end) : 0) }.min()!
      }
    }
    return least[sorted.count]
  }

  /// Every value is a codebook's entry where there are no more of them.
  @Test func fewValuesAreKept() throws {
    let values: [Float] = [3, -1, 3, 0.5, -1, 3, 700, 0.5, 0]
    let found = try quantized(
      .dense(Tensor(values, [3, 3])), [3, 3], ["method": "kmeans", "bits": "3"])
    #expect(try found.values(of: [3, 3]) == values)
    let constant = try quantized(
      .dense(Tensor([2, 2], [1, 2])), [1, 2], ["method": "kmeans", "bits": "2"])
    #expect(try constant.values(of: [1, 2]) == [2, 2])
  }

  /// The survivors of pruning have the codebook to themselves.
  @Test func zerosOfAMaskAreNotLearnt() throws {
    let shape: Shape = [12, 28]
    let (storage, _) = masked(shape)
    let survivors = try storage.values(of: shape).filter { $0 != 0 }
    let found = try quantized(storage, shape, ["method": "kmeans", "bits": "3"])
    let alone = try quantized(
      .dense(Tensor(survivors, [1, survivors.count])), [1, survivors.count],
      ["method": "kmeans", "bits": "3"])
    #expect(found.description == "sparse(quantized(U8, codebook 3 bits))")
    let values = try found.values(of: shape)
    let dense = try storage.values(of: shape)
    #expect(
      zip(values, dense).filter { $1 != 0 }.map(\.0)
        == (try alone.values(of: [1, survivors.count])))
    #expect(zip(values, dense).allSatisfy { $1 != 0 || $0 == 0 })
  }

  @Test(arguments: [2, 3, 4])
  func vectorsAreAsGoodAsThoseOfScikitLearn(_ width: Int) throws {
    let samples = try QuantizationSamples("means")
    let matrix = try samples.tensor("vectors")
    let found = try quantized(
      .dense(matrix), matrix.shape,
      [
        "method": "product", "subvector": "\(width)", "entries": "16", "scale-dtype": "F32",
        "only": "*",
      ])
    let values = try found.values(of: matrix.shape)
    let usual = try samples.number("vectors.\(width)")
    let reached = error(values, try matrix.floats())
    #expect(reached <= 1.1 * usual)
    guard case .quantized(let codes, .product(let entries)) = found else { return }
    #expect(codes.shape == [150, 12 / width] && codes.elementType == .u8)
    #expect(entries.shape == [12 / width, 16, width])
    try everyCodeIsTheNearest(matrix.floats(), values, entries.floats(), width)
  }

  private func everyCodeIsTheNearest(
    _ matrix: [Float], _ values: [Float], _ entries: [Float], _ width: Int
  ) throws {
    let parts = 12 / width
    for index in stride(from: 0, to: matrix.count, by: width) {
      let part = index / width % parts
      let point = Array(matrix[index..<(index + width)])
      let least = (0..<16).map { entry in
        let start = (part * 16 + entry) * width
        return error(Array(entries[start..<(start + width)]), point)
      }.min()!
      #expect(error(Array(values[index..<(index + width)]), point) <= least * 1.0001 + 1e-6)
    }
  }

  /// More entries than a byte counts, and more than there are rows.
  @Test func codesOfManyVectorsTakeTwoBytes() throws {
    let matrix = Storage.dense(Tensor(normal(400 * 2, seed: 1), [400, 2]))
    let options = ["method": "product", "subvector": "2", "entries": "300", "only": "*"]
    let found = try quantized(matrix, [400, 2], options)
    guard case .quantized(let codes, _) = found else { return }
    #expect(codes.elementType == .u16)
    #expect(try error(found.values(of: [400, 2]), matrix.values(of: [400, 2])) < 20)
    let few = try quantized(.dense(Tensor([1, 2, 3, 4], [2, 2])), [2, 2], options)
    #expect(try few.values(of: [2, 2]) == [1, 2, 3, 4])
  }
}
