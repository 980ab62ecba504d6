extension Tape {
  /// The loss of answer spans: the mean of the cross-entropies of their first and their last token among a sequence's tokens.
  ///
  /// - Parameters:
  ///   - logits: `[tokens, 2]`, of being the first and the last.
  ///   - spans: the first and last token of each sequence's answer, counted from the sequence's start; one beyond the
  ///     sequence does not count, as in the reference implementations.
  package func spanLoss(
    _ logits: Node, spans: [(first: Int, last: Int)], of ranges: [Range<Int>]
  ) throws -> Node {
    precondition(logits.columns == 2 && spans.count == ranges.count)
    let work = SpanWork(
      ranges: ranges, places: [spans.map(\.first), spans.map(\.last)], p: try copy(logits.value))
    let result = try matrix(rows: 1, columns: 1)
    result.start.pointee = Float((0..<2).reduce(0.0) { $0 + work.loss($1) } / 2)
    let slot = logits.slot
    return record(result, from: logits) { [self] gradient in
      for column in 0..<2 { work.gradient(column, gradient.start.pointee / 2) }
      try slot?.receive(work.p, self)
    }
  }
}
