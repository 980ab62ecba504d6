import Checkpoints
import Tensors

extension CompressedModule {
  /// A weight in the layout of GPTQ, `[in, out]` with the inputs packed: W = scale · (code − zero).
  func gptqWeight(_ configuration: GPTQConfiguration) throws -> Weight {
    let packing = WordPacking.dense(configuration.bits)
    let words = try matrix("qweight", [.i32])
    let rows = words.shape[1]
    guard words.shape[0] % (packing.bits == 3 ? 3 : 1) == 0,
      let columns = words.shape[0].multiplied(by: 32).map({ $0 / packing.bits })
    else {
      throw Failure(
        CompressedTensorsReason.shape("qweight", words.shape, expected: "whole words of inputs"))
    }
    let shape = try denseShape(rows: rows, columns: columns, "qweight")
    let codes = packing.values(
      of: words, .columns(of: rows), lines: rows, length: columns, to: .rows(of: columns),
      shape: shape)
    return try transposedWeight(
      codes, shape, packing, groupSize: configuration.groupSize,
      zeroIncrement: configuration.zeroIncrement, hasZeros: true)
  }

  /// A weight in the layout of AutoAWQ's GEMM, `[in, out]` with the outputs packed, eight in a word in an order of
  /// their own.
  func awqWeight(_ configuration: AWQConfiguration) throws -> Weight {
    let packing = WordPacking(
      bits: AWQConfiguration.bits, perWord: 8, order: [0, 4, 1, 5, 2, 6, 3, 7])
    let words = try matrix("qweight", [.i32])
    let columns = words.shape[0]
    guard let rows = words.shape[1].multiplied(by: 8) else {
      throw Failure(
        CompressedTensorsReason.shape("qweight", words.shape, expected: "fewer columns"))
    }
    let shape = try denseShape(rows: rows, columns: columns, "qweight")
    let codes = packing.values(
      of: words, .rows(of: words.shape[1]), lines: columns, length: rows, to: .columns(of: columns),
      shape: shape)
    return try transposedWeight(
      codes, shape, packing, groupSize: configuration.groupSize, zeroIncrement: 0,
      hasZeros: configuration.hasZeroPoints)
  }

  private func denseShape(rows: Int, columns: Int, _ part: String) throws -> Shape {
    guard let shape = Shape(checking: [rows, columns]) else {
      throw Failure(
        CompressedTensorsReason.shape(part, try self.part(part).shape, expected: "fewer elements"))
    }
    return shape
  }

  /// Scales and zero points stand `[groups, out]`, and are turned to `[out, groups]`.
  private func transposedWeight(
    _ codes: Tensor, _ shape: Shape, _ packing: WordPacking, groupSize: Int, zeroIncrement: UInt32,
    hasZeros: Bool
  ) throws -> Weight {
    let (rows, columns) = (shape[0], shape[1])
    let size = groupSize > 0 ? groupSize : columns
    let groups = (columns + size - 1) / size
    let scales = try part("scales", Self.floats)
    guard scales.shape == [groups, rows] else {
      throw Failure(
        CompressedTensorsReason.shape("scales", scales.shape, expected: "[\(groups), \(rows)]"))
    }
    var zeros: Tensor?
    if hasZeros {
      let perLine = packing.wordCount(of: rows) ?? 0
      guard rows * packing.bits % 32 == 0 else {
        throw Failure(
          CompressedTensorsReason.shape("qzeros", try part("qzeros").shape, expected: "whole words")
        )
      }
      zeros = packing.values(
        of: try part("qzeros", .i32, [groups, perLine]), .rows(of: perLine), lines: groups,
        length: rows, increment: zeroIncrement, to: .columns(of: groups), shape: [rows, groups])
    }
    let scheme = QuantizationScheme.uniform(
      bits: packing.bits, granularity: groupSize > 0 ? .group(size) : .axis(0),
      scales: scales.transposed, zeroPoints: zeros,
      groupIndex: try groupIndex("g_idx", columns: columns, groups: groups, size: size))
    return Weight(
      storage: .quantized(codes: codes, scheme: scheme), shape: shape,
      elementType: scales.elementType)
  }
}

extension Int {
  /// The product, or nil where it overflows.
  fileprivate func multiplied(by other: Int) -> Int? {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : product
  }
}

extension Tensor {
  /// A small matrix turned over when it is asked for.
  ///
  /// - Precondition: it is a matrix of elements of whole bytes.
  fileprivate var transposed: Tensor {
    let (rows, columns, width) = (shape[0], shape[1], elementType.byteWidth!)
    return Computation.tensors([(elementType, [columns, rows])]) {
      try withBytes { bytes in
        var turned = [UInt8](repeating: 0, count: bytes.count)
        for row in 0..<rows {
          for column in 0..<columns {
            let (from, to) = ((row * columns + column) * width, (column * rows + row) * width)
            for byte in 0..<width { turned[to + byte] = bytes[from + byte] }
          }
        }
        return [turned]
      }
    }[0]
  }
}
