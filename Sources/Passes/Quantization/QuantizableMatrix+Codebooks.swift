import Checkpoints
import Kernels
import Tensors

extension QuantizableMatrix {
  /// The numbers that fit the matrix best.
  func codebook(bits: Int, entries rounding: ScaleRounding) throws -> Storage {
    if let importance, importance.shape != shape {
      throw Failure(QuantizeReason.importance(importance.shape, of: shape), at: place)
    }
    let count = 1 << bits
    let tensors = computing([(.u8, codeShape), (rounding.type, [count])]) {
      let values = try survivors()
      let codebook = try ScalarCodebook(
        count: count, of: values, weights: weightsOfSurvivors(), rounding: rounding)
      return [try codebook.codes(of: values), rounding.bytes(of: codebook.entries)]
    }
    return holding(tensors[0], .codebook(bits: bits, entries: tensors[1]))
  }

  /// Vectors that stand for parts of rows.
  func product(
    width: Int, count: Int, entries rounding: ScaleRounding, threads: Int
  ) throws -> Storage {
    if case .sparse = storage { throw Failure(QuantizeReason.productUnderMask, at: place) }
    guard columns % width == 0 else {
      throw Failure(
        QuantizeReason.indivisible(columns: columns, by: "sub-vectors of \(width)"), at: place)
    }
    guard rows > 0, columns > 0 else { throw Failure(QuantizationReason.empty, at: place) }
    let parts = columns / width
    let size = min(count, rows)
    let codeType: ElementType = size <= 256 ? .u8 : .u16
    let codeShape: Shape = [rows, parts]
    let entryShape: Shape = [parts, size, width]
    let tensors = computing([(codeType, codeShape), (rounding.type, entryShape)]) {
      let reader = try reader()
      let codebook = try ProductCodebook(
        width: width, count: count, of: reader, rounding: rounding, threads: threads)
      return [
        try codebook.codes(of: reader, threads: threads), rounding.bytes(of: codebook.entries),
      ]
    }
    return holding(tensors[0], .product(entries: tensors[1]))
  }

  private func weightsOfSurvivors() throws -> [Float]? {
    guard let importance else { return nil }
    let weights = importance.values.map { max(0, $0) }
    let bytes = try kept(of: weights.withUnsafeBytes { [UInt8]($0) }, width: 4)
    return bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }
}
