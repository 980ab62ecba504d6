import CKernels
import Tensors

extension DenseWeights {
  /// y[row] = bias[row] + Σ_k w[row][k] · x[k], or y[row] + … where `adding`, for the rows of some blocks
  /// and the first `tokens` tokens. The first features of y and bias are row 0 of the whole matrix;
  /// other rows than those asked for are not touched.
  ///
  /// A result does not depend, to the bit, on the tokens and rows that it is computed together with.
  /// Elements narrower than F32 are widened once per call, so a call is best made with as many panels as
  /// fit a cache. Lanes of the last panel beyond the tokens may be written with rubbish.
  ///
  /// - Throws: ``Failure`` if there is no memory to widen in.
  package func multiply(
    _ x: Activations, tokens: Int, into y: Activations, rowBlocks: Range<Int>,
    bias: UnsafePointer<Float>?, adding: Bool
  ) throws {
    try multiply(
      x, tokens: tokens, into: y, rowBlocks: rowBlocks, bias: bias, adding: adding,
      using: .available)
  }

  func multiply(
    _ x: Activations, tokens: Int, into y: Activations, rowBlocks: Range<Int>,
    bias: UnsafePointer<Float>?, adding: Bool, using instructions: Instructions
  ) throws {
    precondition(rowBlocks.lowerBound >= 0 && rowBlocks.upperBound <= self.rowBlocks)
    // A matrix without columns still has one, empty, sum.
    for columnBlock in 0..<max(columnBlocks, 1) {
      let columns = columns(of: columnBlock)
      let isFirst = columnBlock == 0
      for group in rowBlocks.split(by: Self.groupedRowBlocks) {
        try withWidened(group, columnBlock, using: instructions) { packed in
          PackedProduct.run(
            packed: packed, blockStride: columns.count * Self.blockRows, rows: rows(of: group),
            columns: columns.count, x: x.dropping(features: columns.lowerBound), tokens: tokens,
            y: y, bias: isFirst ? bias : nil, adding: adding || !isFirst, using: instructions)
        }
      }
    }
  }

  /// Row blocks that all panels are taken through before the next: as many as fit the second-level
  /// cache beside the activations.
  private static let groupedRowBlocks = 16

  /// Lends the part of some row blocks within a column block as floats.
  private func withWidened(
    _ rowBlocks: Range<Int>, _ columnBlock: Int, using instructions: Instructions,
    _ body: (UnsafePointer<Float>) throws -> Void
  ) throws {
    let start = offset(rowBlock: rowBlocks.lowerBound, columnBlock: columnBlock)
    if case .f32 = elements { return try body(memory.elements(as: Float.self) + start) }
    let columns = columns(of: columnBlock)
    let blockSize = columns.count * Self.blockRows
    try withScratch(max(rowBlocks.count * blockSize * 4, 4)) { scratch in
      let floats = scratch.baseAddress!.assumingMemoryBound(to: Float.self)
      for (index, rowBlock) in rowBlocks.enumerated() {
        widen(
          rowBlock: rowBlock, from: start + index * blockSize, columns: columns,
          into: floats + index * blockSize, using: instructions)
      }
      try body(floats)
    }
  }

  private func widen(
    rowBlock: Int, from start: Int, columns: Range<Int>, into floats: UnsafeMutablePointer<Float>,
    using instructions: Instructions
  ) {
    let count = columns.count * Self.blockRows
    switch elements {
    case .f32: preconditionFailure("nothing to widen")
    case .f16:
      let halves = UnsafeRawBufferPointer(
        start: memory.elements(as: UInt16.self) + start, count: count * 2)
      Cast.convert(
        halves, .f16, to: UnsafeMutableRawBufferPointer(start: floats, count: count * 4), .f32)
    case .bf16:
      let halves = memory.elements(as: UInt16.self) + start
      for index in 0..<count { floats[index] = Float(bitPattern: UInt32(halves[index]) << 16) }
    case .i8(let quantization):
      let codes = memory.elements(as: Int8.self) + start
      quantization.widen(
        codes, rowBlock: rowBlock, columns: columns, into: floats, using: instructions)
    }
  }
}

extension PackedQuantization {
  /// The values of the codes `[column][6 rows]` of a row block and some columns.
  func widen(
    _ codes: UnsafePointer<Int8>, rowBlock: Int, columns: Range<Int>,
    into floats: UnsafeMutablePointer<Float>, using instructions: Instructions
  ) {
    let unit = DenseWeights.blockRows
    var first = columns.lowerBound
    while first < columns.upperBound {
      let group = first / groupSize
      let end = min((group + 1) * groupSize, columns.upperBound)
      let place = (rowBlock * groups + group) * unit
      let offset = (first - columns.lowerBound) * unit
      scales.withUnsafeBufferPointer { scales in
        zeroPoints.withUnsafeBufferPointer { zeroPoints in
          Self.widen(
            codes + offset, columns: end - first, scales.baseAddress! + place,
            zeroPoints.baseAddress! + place, into: floats + offset, using: instructions)
        }
      }
      first = end
    }
  }

  private static func widen(
    _ codes: UnsafePointer<Int8>, columns: Int, _ scales: UnsafePointer<Float>,
    _ zeroPoints: UnsafePointer<Int32>, into floats: UnsafeMutablePointer<Float>,
    using instructions: Instructions
  ) {
    switch instructions {
    case .avx2: pare_widen_codes(codes, columns, scales, zeroPoints, floats)
    case .baseline:
      let unit = DenseWeights.blockRows
      for index in 0..<(columns * unit) {
        let code = Int32(codes[index]) - zeroPoints[index % unit]
        floats[index] = Float(code) * scales[index % unit]
      }
    }
  }
}

extension Range<Int> {
  /// The range in parts of a size, the last perhaps shorter.
  package func split(by size: Int) -> [Range<Int>] {
    stride(from: lowerBound, to: upperBound, by: size).map { $0..<Swift.min($0 + size, upperBound) }
  }
}
