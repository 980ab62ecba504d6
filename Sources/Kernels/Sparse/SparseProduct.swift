/// The product of one column block of a sparse matrix, without vectors; all begin at the first row asked for.
struct SparseProduct {
  let starts: UnsafePointer<UInt32>
  let values: UnsafePointer<Float>
  let rows: Int
  let x: Activations
  let tokens: Int
  let y: Activations
  let bias: UnsafePointer<Float>?
  let adding: Bool

  /// - Parameters:
  ///   - blockRows: rows that share a column; values are `[block][block rows]`.
  ///   - column: the column of a block, counted from where x begins.
  @inline(__always)
  func runPlainly(blockRows: Int, column: (Int) -> Int) {
    let width = Activations.panelWidth
    y.begin(rows: 0..<rows, tokens: tokens, bias: bias, adding: adding)
    for row in 0..<rows {
      let (block, member) = row.quotientAndRemainder(dividingBy: blockRows)
      for token in 0..<tokens {
        let input = x.panel(token / width) + token % width
        var sum: Float = 0
        for place in Int(starts[block])..<Int(starts[block + 1]) {
          sum += values[place * blockRows + member] * input[column(place) * width]
        }
        y[token, row] += sum
      }
    }
  }
}

extension Activations {
  /// What a product without terms gives: the bias or nothing, or what is there and the bias.
  func begin(rows: Range<Int>, tokens: Int, bias: UnsafePointer<Float>?, adding: Bool) {
    for row in rows {
      for token in 0..<tokens {
        self[token, row] = (adding ? self[token, row] : 0) + (bias?[row] ?? 0)
      }
    }
  }
}
