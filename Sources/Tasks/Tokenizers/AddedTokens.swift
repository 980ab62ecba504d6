/// A token that is found in the text itself, before any model sees it: `[MASK]`, or one that was added
/// to a vocabulary after training.
struct AddedToken: Equatable {
  var content: String
  /// Whether it must not touch letters, digits or marks.
  var isSingleWord = false
  /// Whether white space before it belongs to it.
  var stripsLeft = false
  var stripsRight = false
  /// Whether it is looked for in the normalized text, in its own normalized form.
  var isNormalized = true
  var isSpecial = false
}

/// Finds added tokens in a text: at the first place where one begins the longest, and so on behind it.
struct AddedTokenMatcher {
  private var trie = ByteTrie()
  private var tokens: [Int32: AddedToken] = [:]
  private var beginnings = [Bool](repeating: false, count: 256)

  var isEmpty: Bool { tokens.isEmpty }

  /// Looks for a token by the bytes of its pattern; of equal patterns the first counts, and an empty
  /// one is never found.
  ///
  /// - Throws: ``TokenizerReason`` if the pattern is too long, or there are too many.
  mutating func add(_ token: AddedToken, id: Int32, pattern: [UInt8]) throws(TokenizerReason) {
    guard let first = pattern.first, trie.number(of: pattern) == nil else { return }
    guard pattern.count <= Vocabulary.tokenLimit else { throw .tokenTooLong(pattern.count) }
    let insertion = pattern.withUnsafeBufferPointer { trie.insert($0, number: id) }
    guard case .new = insertion else { throw .vocabularyTooLarge }
    beginnings[Int(first)] = true
    tokens[id] = token
  }

  /// Cuts a run of bytes into tokens and the text between them.
  func split(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ output: inout [PieceList.Piece]
  ) {
    var start = range.lowerBound
    var position = start
    while let match = next(bytes, position..<range.upperBound) {
      position = match.range.upperBound
      guard let token = tokens[match.id], fits(token, bytes, match.range, in: range) else {
        continue
      }
      let found = stripped(match.range, token, bytes, in: start..<range.upperBound)
      if start < found.lowerBound { output.append(.init(range: start..<found.lowerBound)) }
      output.append(.init(range: found, token: match.id))
      start = found.upperBound
      position = max(position, start)
    }
    if start < range.upperBound { output.append(.init(range: start..<range.upperBound)) }
  }

  private func next(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> (range: Range<Int>, id: Int32)? {
    var position = range.lowerBound
    while position < range.upperBound {
      if beginnings[Int(bytes[position])] {
        var found: (end: Int, id: Int32)?
        trie.eachPrefix(of: bytes, in: position..<range.upperBound) { found = ($0, $1) }
        if let found { return (position..<found.end, found.id) }
      }
      position += 1
    }
    return nil
  }

  private func fits(
    _ token: AddedToken, _ bytes: UnsafeBufferPointer<UInt8>, _ match: Range<Int>,
    in range: Range<Int>
  ) -> Bool {
    guard token.isSingleWord else { return true }
    if match.upperBound < range.upperBound,
      ScalarClass(of: UTF8Scalar.decode(bytes, at: match.upperBound).0).contains(.word)
    {
      return false
    }
    if match.lowerBound > range.lowerBound,
      ScalarClass(of: UTF8Scalar.before(match.lowerBound, in: bytes).0).contains(.word)
    {
      return false
    }
    return true
  }

  /// A match with the white space that its token claims.
  private func stripped(
    _ match: Range<Int>, _ token: AddedToken, _ bytes: UnsafeBufferPointer<UInt8>,
    in range: Range<Int>
  ) -> Range<Int> {
    var (start, end) = (match.lowerBound, match.upperBound)
    while token.stripsLeft, start > range.lowerBound {
      let (scalar, length) = UTF8Scalar.before(start, in: bytes)
      guard ScalarClass(of: scalar).contains(.whitespace) else { break }
      start -= length
    }
    while token.stripsRight, end < range.upperBound {
      let (scalar, length) = UTF8Scalar.decode(bytes, at: end)
      guard ScalarClass(of: scalar).contains(.whitespace) else { break }
      end += length
    }
    return start..<end
  }
}
