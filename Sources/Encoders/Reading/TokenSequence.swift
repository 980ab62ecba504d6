/// What an encoder reads: the tokens of one text, or of a pair of texts, special tokens included.
public struct TokenSequence: Sendable, Equatable {
  /// Rows of the word embedding.
  public var ids: [Int32]
  /// Rows of the type embedding, as many as there are ids: 0 in the first text, 1 in the second.
  public var types: [Int32]
  /// The index of the token that is read where one token of the sequence is; the first, unless said.
  public var readToken = 0

  /// - Precondition: there are as many types as ids.
  public init(ids: [Int32], types: [Int32]) {
    precondition(ids.count == types.count)
    self.ids = ids
    self.types = types
  }

  /// Tokens of a single text.
  public init(ids: [Int32]) {
    self.init(ids: ids, types: [Int32](repeating: 0, count: ids.count))
  }

  public var count: Int { ids.count }
}
