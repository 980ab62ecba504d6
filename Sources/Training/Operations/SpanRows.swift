extension Tape {
  /// The logits of answers, `[tokens, 2]`, as choices among the tokens of a sequence: a row for its first token and one for its last,
  /// `[2 · sequences, longest]`. Behind a shorter sequence stand logits that no softmax sees.
  package func spanRows(_ x: Node, of ranges: [Range<Int>]) throws -> Node {
    precondition(x.columns == 2)
    let y = try matrix(rows: 2 * ranges.count, columns: ranges.map(\.count).max() ?? 0)
    y.elements.update(repeating: Self.unseen)
    let input = x.value
    for (sequence, range) in ranges.enumerated() {
      for (place, token) in range.enumerated() {
        for end in 0..<2 { y.row(2 * sequence + end)[place] = input.row(token)[end] }
      }
    }
    let slot = x.slot
    return record(y, from: x) { [self] dy in
      try slot?.receive(try tokenRows(dy, of: ranges), self)
    }
  }

  /// The way back: the rows of the tokens of choices.
  func tokenRows(_ choices: Matrix, of ranges: [Range<Int>]) throws -> Matrix {
    let result = try matrix(rows: ranges.reduce(0) { $0 + $1.count }, columns: 2)
    for (sequence, range) in ranges.enumerated() {
      for (place, token) in range.enumerated() {
        for end in 0..<2 { result.row(token)[end] = choices.row(2 * sequence + end)[place] }
      }
    }
    return result
  }

  /// So small that its exponential is nothing at any temperature, and that nothing times it is nothing.
  private static var unseen: Float { -1e9 }
}
