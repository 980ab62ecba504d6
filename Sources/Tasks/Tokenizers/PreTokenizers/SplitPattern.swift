/// What a text is cut at: a string, or the matches of a regular expression.
enum SplitPattern {
  case string([UInt8])
  case expression(Pattern)
  /// The pattern of GPT-2, which has a matcher of its own.
  case gpt2

  init(expression: String) throws(PatternError) {
    self = expression == GPT2Pattern.expression ? .gpt2 : .expression(try Pattern(expression))
  }

  /// Longer strings and expressions are in no tokenizer, and would make encoding slow.
  static let lengthLimit = 1024

  /// How many bytes a match has at least, counting empty ones as one.
  var shortestMatch: Int {
    if case .string(let pattern) = self { max(1, pattern.count) } else { 1 }
  }

  /// Calls a closure with each match, from the first on.
  func matches(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void
  ) {
    switch self {
    case .expression(let pattern): pattern.matches(bytes, range, body)
    case .gpt2: GPT2Pattern.matches(bytes, range, body)
    case .string(let pattern):
      guard !pattern.isEmpty else { return }
      var position = range.lowerBound
      while position + pattern.count <= range.upperBound {
        if bytes[position..<position + pattern.count].elementsEqual(pattern) {
          body(position..<position + pattern.count)
          position += pattern.count
        } else {
          position += 1
        }
      }
    }
  }
}
