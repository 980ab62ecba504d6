/// One example of a task: what a model reads and what is right.
public struct Example: Sendable, Equatable {
  /// The line of the file where it begins, counted from one; in a JSON document its place in order.
  public var line: Int
  /// The question's id in SQuAD, else nil.
  public var id: String?
  /// The text, the first text of a pair, or the question; empty where there are words.
  public var text: String
  /// The second text of a pair, or the context of a question.
  public var second: String?
  /// The words to be tagged, in tasks of kind `tags`.
  public var words: [String]
  public var gold: Gold

  public init(
    line: Int, id: String? = nil, text: String = "", second: String? = nil, words: [String] = [],
    gold: Gold
  ) {
    self.line = line
    self.id = id
    self.text = text
    self.second = second
    self.words = words
    self.gold = gold
  }
}

/// What is right for an example.
public enum Gold: Sendable, Equatable {
  /// The class, by name or by number, as it stands in the file: see ``LabelMap``.
  case label(String)
  case score(Double)
  /// As many as there are words: `O`, `B-TYPE`, `I-TYPE`; or plain tags such as parts of speech.
  case tags([String])
  /// Any of them is right; none means that the context does not answer the question.
  case answers([Answer])
}

/// A part of a context that answers a question.
public struct Answer: Sendable, Equatable {
  public var text: String
  /// Where it begins in the context, in bytes of UTF-8; nil where the file does not say.
  public var start: Int?

  public init(text: String, start: Int? = nil) {
    self.text = text
    self.start = start
  }
}
