import Tasks

extension TokenSpan {
  /// Where the first answer to a question stands in a window of its context, as Transformers' run_qa.py has it: from the last token that
  /// begins at or before it, to the first that ends at or behind its end.
  ///
  /// The first token stands for an answer that the window does not hold whole.
  init(of example: Example, in window: Encoding) {
    self = .none
    guard case .answers(let answers) = example.gold, let answer = answers.first,
      let range = answer.range(in: example.second ?? "")
    else { return }
    let tokens = window.ranges.indices.filter { window.ranges[$0] != nil }
    guard let first = tokens.first, let last = tokens.last,
      window.ranges[first]!.lowerBound <= range.lowerBound,
      window.ranges[last]!.upperBound >= range.upperBound
    else { return }
    let start = tokens.last { window.ranges[$0]!.lowerBound <= range.lowerBound } ?? first
    let end = tokens.first { window.ranges[$0]!.upperBound >= range.upperBound } ?? last
    self = TokenSpan(start: Int32(start), end: Int32(max(start, end)))
  }
}

extension Answer {
  /// The bytes of the context that it is; nil where the context does not hold it.
  fileprivate func range(in context: String) -> Range<Int>? {
    let length = text.utf8.count
    guard length > 0 else { return nil }
    if let start {
      return start >= 0 && start <= context.utf8.count - length ? start..<(start + length) : nil
    }
    let (bytes, wanted) = (Array(context.utf8), Array(text.utf8))
    guard bytes.count >= length else { return nil }
    return (0...(bytes.count - length)).first { bytes[$0..<($0 + length)].elementsEqual(wanted) }
      .map { $0..<($0 + length) }
  }
}
