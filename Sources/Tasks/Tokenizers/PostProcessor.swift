/// What is put around the tokens of one text, or of a pair of texts.
struct PostProcessor {
  var single: [TemplatePiece] = [.text(.first, type: 0)]
  var pair: [TemplatePiece] = [.text(.first, type: 0), .text(.second, type: 1)]
  /// Whether white space is taken off the ranges of tokens.
  var trimsRanges = false
  /// Whether a space at the beginning is one that the pre-tokenizer added.
  var addsPrefixSpace = false

  /// `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`, the second text and its end of type 1.
  static func bert(start: Int32, end: Int32) -> PostProcessor {
    let single: [TemplatePiece] = [
      .special(start, type: 0), .text(.first, type: 0), .special(end, type: 0),
    ]
    return PostProcessor(
      single: single, pair: single + [.text(.second, type: 1), .special(end, type: 1)])
  }

  /// `<s> A </s>` and `<s> A </s></s> B </s>`, everything of type 0.
  static func roberta(
    start: Int32, end: Int32, trimsRanges: Bool, addsPrefixSpace: Bool
  ) -> PostProcessor {
    let single: [TemplatePiece] = [
      .special(start, type: 0), .text(.first, type: 0), .special(end, type: 0),
    ]
    let second: [TemplatePiece] = [
      .special(end, type: 0), .text(.second, type: 0), .special(end, type: 0),
    ]
    return PostProcessor(
      single: single, pair: single + second, trimsRanges: trimsRanges,
      addsPrefixSpace: addsPrefixSpace)
  }

  /// How many special tokens stand around one text, or a pair.
  func specialCount(isPair: Bool) -> Int {
    (isPair ? pair : single).reduce(0) { $0 + ($1.isSpecial ? 1 : 0) }
  }

  /// The ids of all special tokens that may be put around texts.
  var specialIDs: [Int32] {
    (single + pair).compactMap { if case .special(let id, _) = $0 { id } else { nil } }
  }

  /// The first and the last special token around a single text.
  var outermost: (first: Int32, last: Int32)? {
    guard case .special(let first, _) = single.first, case .special(let last, _) = single.last
    else {
      return nil
    }
    return (first, last)
  }
}

/// A part of what an encoder reads: a special token, or all tokens of a text.
enum TemplatePiece: Equatable {
  case special(Int32, type: Int32)
  case text(Side, type: Int32)

  enum Side { case first, second }

  var isSpecial: Bool { if case .special = self { true } else { false } }
}
