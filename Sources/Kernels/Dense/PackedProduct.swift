import CKernels

/// The product of a matrix packed in F32, `[row block][column][6 rows]`, with activations.
///
/// An element of the result is one chain of multiplications and additions over the columns from the
/// first to the last, whatever the number of tokens, panels or rows that are asked for.
package enum PackedProduct {
  /// y[row] = bias[row] + Σ_k w[row][k] · x[k], or y[row] + bias[row] + Σ where `adding`, for the first
  /// `tokens` tokens. Rows that only fill up the last block are neither computed nor written.
  ///
  /// Lanes of the last panel beyond the tokens may be written with rubbish.
  package static func run(
    packed: UnsafePointer<Float>, rows: Int, columns: Int, x: Activations, tokens: Int,
    y: Activations, bias: UnsafePointer<Float>?, adding: Bool
  ) {
    run(
      packed: packed, blockStride: columns * DenseWeights.blockRows, rows: 0..<rows,
      columns: columns, x: x, tokens: tokens, y: y, bias: bias, adding: adding)
  }

  /// The same for some rows, the first of them at the start of a block, whose blocks lie
  /// `blockStride` floats apart; `packed` is the first of these blocks, y and bias begin at row 0.
  static func run(
    packed: UnsafePointer<Float>, blockStride: Int, rows: Range<Int>, columns: Int, x: Activations,
    tokens: Int, y: Activations, bias: UnsafePointer<Float>?, adding: Bool,
    using instructions: Instructions = .available
  ) {
    switch instructions {
    case .baseline:
      runPlainly(
        packed: packed, blockStride: blockStride, rows: rows, columns: columns, x: x,
        tokens: tokens, y: y, bias: bias, adding: adding)
    case .avx2:
      let y = y.dropping(features: rows.lowerBound)
      pare_dense_product(
        packed, blockStride, rows.count, columns, x.base, x.panelStride, tokens, y.base,
        y.panelStride, bias.map { $0 + rows.lowerBound }, adding ? 1 : 0)
    }
  }

  /// The product without vectors.
  static func runPlainly(
    packed: UnsafePointer<Float>, blockStride: Int, rows: Range<Int>, columns: Int, x: Activations,
    tokens: Int, y: Activations, bias: UnsafePointer<Float>?, adding: Bool
  ) {
    let width = Activations.panelWidth
    for row in rows {
      let (block, place) = (row - rows.lowerBound).quotientAndRemainder(
        dividingBy: DenseWeights.blockRows)
      let weights = packed + block * blockStride + place
      for token in 0..<tokens {
        let input = x.panel(token / width) + token % width
        let output = y.panel(token / width) + row * width + token % width
        var sum: Float = 0
        for column in 0..<columns {
          sum += weights[column &* DenseWeights.blockRows] * input[column &* width]
        }
        output.pointee = (adding ? output.pointee : 0) + (bias?[row] ?? 0) + sum
      }
    }
  }
}
