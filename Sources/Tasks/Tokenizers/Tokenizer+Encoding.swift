import Encoders

extension Tokenizer {
  /// Encodes a text, or a pair of texts, with the special tokens around them.
  ///
  /// - Parameter limit: how many tokens there may be, special ones included; what is too much is cut
  ///   off the end of the longer text, or of both down to equal halves. The special tokens stay
  ///   whatever the limit is.
  public func encode(_ text: String, _ second: String? = nil, limit: Int?) -> Encoding {
    encoding(tokens(of: text), second.map(tokens(of:)), limit: limit)
  }

  /// Encodes a text that is already cut into words.
  ///
  /// The words of the encoding are the indices of the given ones; its ranges count from the start of
  /// each word. Byte-level tokenizers take every word as if a space stood before it.
  public func encode(words: [String], limit: Int?) -> Encoding {
    var tokens = TokenBuffer(trims: postProcessor.trimsRanges, capacity: words.count * 2)
    for (index, word) in words.enumerated() {
      var word = word
      tokens.word = index
      word.withUTF8 { tokenize($0, isWord: true, into: &tokens) }
    }
    return encoding(tokens, nil, limit: limit, addsPrefixSpace: true)
  }

  /// Encodes a pair of texts in as many windows as the second one needs.
  ///
  /// - Parameters:
  ///   - limit: how many tokens a window may have, special ones included.
  ///   - stride: how many tokens of the second text a window shares with the one before.
  /// - Returns: at least one window. Where the first text leaves no room for more than the shared
  ///   tokens, it is cut; that is counted as truncated.
  public func encode(
    _ first: String, windowsOf second: String, limit: Int, stride: Int
  ) -> [Encoding] {
    let (first, second) = (tokens(of: first), tokens(of: second))
    let room = max(0, max(0, limit) - postProcessor.specialCount(isPair: true))
    guard first.count + second.count > room else { return [encoding(first, second, limit: nil)] }
    let stride = min(max(0, stride), max(0, room - 1))
    let kept = min(first.count, max(0, room - stride - 1))
    return windows(of: second.count, length: room - kept, stride: stride).map { window in
      encoding(first, 0..<kept, second, window, truncated: first.count - kept)
    }
  }

  /// Runs of tokens of a length, each beginning with the last few of the one before.
  private func windows(of count: Int, length: Int, stride: Int) -> [Range<Int>] {
    guard length > 0 else { return [0..<0] }
    var windows: [Range<Int>] = []
    var start = 0
    repeat {
      windows.append(start..<min(count, start + length))
      start += max(1, length - stride)
    } while windows[windows.count - 1].upperBound < count
    return windows
  }

  private func tokens(of text: String) -> TokenBuffer {
    var text = text
    return text.withUTF8 { bytes in
      var tokens = TokenBuffer(trims: postProcessor.trimsRanges, capacity: bytes.count / 4 + 4)
      tokenize(bytes, isWord: false, into: &tokens)
      return tokens
    }
  }

  /// Cuts the tokens of one or two texts down to a limit and puts special tokens around them.
  private func encoding(
    _ first: TokenBuffer, _ second: TokenBuffer?, limit: Int?, addsPrefixSpace: Bool? = nil
  ) -> Encoding {
    let room = limit.map { max(0, max(0, $0) - postProcessor.specialCount(isPair: second != nil)) }
    let kept = Truncation.longestFirst(first.count, second?.count, room: room)
    return encoding(
      first, 0..<kept.first, second, 0..<kept.second,
      truncated: first.count - kept.first + (second?.count ?? 0) - kept.second,
      addsPrefixSpace: addsPrefixSpace)
  }

  private func encoding(
    _ first: TokenBuffer, _ kept: Range<Int>, _ second: TokenBuffer?, _ keptOfSecond: Range<Int>,
    truncated: Int, addsPrefixSpace: Bool? = nil
  ) -> Encoding {
    let template = second == nil ? postProcessor.single : postProcessor.pair
    var output = EncodingWriter(
      capacity: kept.count + keptOfSecond.count + template.count,
      addsPrefixSpace: addsPrefixSpace ?? postProcessor.addsPrefixSpace)
    for piece in template {
      switch piece {
      case .special(let id, let type): output.append(special: id, type: type)
      case .text(.first, let type): output.append(first, kept, type: type)
      case .text(.second, let type):
        guard let second else { continue }
        output.append(second, keptOfSecond, type: type)
      }
    }
    return output.encoding(truncated: truncated)
  }
}

/// Collects the parts of an encoding.
private struct EncodingWriter {
  private var ids: [Int32] = []
  private var types: [Int32] = []
  private var ranges: [Range<Int>?] = []
  private var words: [Int?] = []
  private let addsPrefixSpace: Bool

  init(capacity: Int, addsPrefixSpace: Bool) {
    self.addsPrefixSpace = addsPrefixSpace
    ids.reserveCapacity(capacity)
    types.reserveCapacity(capacity)
    ranges.reserveCapacity(capacity)
    words.reserveCapacity(capacity)
  }

  mutating func append(special id: Int32, type: Int32) {
    ids.append(id)
    types.append(type)
    ranges.append(nil)
    words.append(nil)
  }

  mutating func append(_ tokens: TokenBuffer, _ kept: Range<Int>, type: Int32) {
    ids.append(contentsOf: tokens.ids[kept])
    types.append(contentsOf: repeatElement(type, count: kept.count))
    for index in kept {
      words.append(tokens.words[index])
      ranges.append(
        tokens.trims
          ? tokens.trimmed[index].range(
            isFirst: index == kept.lowerBound, addsPrefixSpace: addsPrefixSpace)
          : tokens.ranges[index])
    }
  }

  func encoding(truncated: Int) -> Encoding {
    Encoding(
      sequence: TokenSequence(ids: ids, types: types), ranges: ranges, words: words,
      truncated: truncated)
  }
}
