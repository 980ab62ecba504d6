import Encoders

/// A tokenizer as a model's folder describes it.
///
/// It gives the tokens that Hugging Face's tokenizers library gives. A text runs through added tokens,
/// normalizer, pre-tokenizer, model and post-processor; each is a value, whichever file it came from.
public struct Tokenizer: Sendable {
  var exactTokens = AddedTokenMatcher()
  var normalizedTokens = AddedTokenMatcher()
  var normalizer: Normalizer?
  var preTokenizer: PreTokenizer?
  var model: SubwordModel
  private let caches = WordCaches()
  var postProcessor = PostProcessor()
  /// The contents of added tokens by their ids, and the other way round.
  var addedContents: [Int32: String] = [:]
  var addedIDs: [String: Int32] = [:]

  /// The greatest id + 1, added tokens included.
  public internal(set) var vocabularySize: Int
  /// How many tokens the model takes, special ones included; nil where the folder sets no limit.
  public internal(set) var modelLimit: Int?
  public internal(set) var specialTokens = SpecialTokens()

  /// The ids of the tokens that have a part of their own; nil where there is no such token.
  public struct SpecialTokens: Sendable, Equatable {
    public var mask: Int32?
    public var pad: Int32?
    public var cls: Int32?
    public var sep: Int32?
    public var unk: Int32?
  }

  init(model: SubwordModel) {
    self.model = model
    vocabularySize = model.vocabulary.size
  }

  /// The text of a token; nil for ids that have none.
  public func token(_ id: Int32) -> String? {
    addedContents[id] ?? model.vocabulary.token(id)
  }

  /// The id of a token, added ones included.
  public func id(of token: String) -> Int32? {
    addedIDs[token] ?? model.vocabulary.id(of: token)
  }

  /// The tokens of a text, without special tokens around them.
  ///
  /// - Parameter isWord: whether the whole text is one word, to which all tokens belong.
  func tokenize(
    _ text: UnsafeBufferPointer<UInt8>, isWord: Bool, into output: inout TokenBuffer
  ) {
    if model.usesCache {
      caches.withCache { tokenize(text, isWord, &$0, &output) }
    } else {
      var none = WordCache(wordLimit: 0)
      tokenize(text, isWord, &none, &output)
    }
  }

  private func tokenize(
    _ text: UnsafeBufferPointer<UInt8>, _ isWord: Bool, _ cache: inout WordCache,
    _ output: inout TokenBuffer
  ) {
    var parts: [PieceList.Piece] = []
    exactTokens.split(text, 0..<text.count, &parts)
    for part in parts {
      if part.isText {
        tokenize(text, part.range, isWord, &cache, &output)
      } else {
        output.append(part.token, part.range)
        if output.trims {
          let token = UnsafeBufferPointer(rebasing: text[part.range])
          output.append(TrimmedRange(part.range, token: token, in: text))
        }
        if !isWord { output.word += 1 }
      }
    }
  }

  /// The tokens of a part of a text that holds no added token as it stands.
  private func tokenize(
    _ text: UnsafeBufferPointer<UInt8>, _ part: Range<Int>, _ isWord: Bool,
    _ cache: inout WordCache, _ output: inout TokenBuffer
  ) {
    var list = PieceList(
      NormalizedText(UnsafeBufferPointer(rebasing: text[part]), base: part.lowerBound))
    normalizer?.apply(to: &list.text)
    list.setWhole()
    if !normalizedTokens.isEmpty { list.split(normalizedTokens.split) }
    preTokenizer?.apply(to: &list, isWord: isWord)
    model.tokenize(list, of: text, isWord: isWord, &cache, into: &output)
  }
}
