import Encoders

/// A text, or a pair of texts, as a tokenizer gives it to an encoder.
public struct Encoding: Sendable, Equatable {
  public var sequence: TokenSequence
  /// For each token the bytes of the text it stands for, counted in UTF-8 from the start of its own
  /// text; nil for special tokens.
  public var ranges: [Range<Int>?]
  /// For each token the index of the word it belongs to, among the words of its own text; nil for
  /// special tokens.
  public var words: [Int?]
  /// How many tokens were cut off to keep within the limit.
  public var truncated: Int

  public init(sequence: TokenSequence, ranges: [Range<Int>?], words: [Int?], truncated: Int = 0) {
    self.sequence = sequence
    self.ranges = ranges
    self.words = words
    self.truncated = truncated
  }
}
