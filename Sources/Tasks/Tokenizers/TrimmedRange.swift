/// The range of a byte-level token without the white space that the token begins and ends with.
struct TrimmedRange {
  /// Trimmed at the end only.
  private var spaced: Range<Int>
  /// Trimmed at both ends.
  private var inner: Range<Int>
  private var hasOneLeadingSpace: Bool

  /// - Parameters:
  ///   - token: the token's text, white space as such or as the sign that byte-level tokens have for it.
  ///   - text: the original text, in which white space is counted in scalars.
  init(
    _ range: Range<Int>, token: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>
  ) {
    (spaced, inner, hasOneLeadingSpace) = (range, range, false)
    if let first = token.first, let last = token.last, Self.isInk(first), Self.isInk(last) {
      return
    }
    var leading = 0
    var position = 0
    while position < token.count {
      let (scalar, length) = UTF8Scalar.decode(token, at: position)
      guard Self.isSpace(scalar) else { break }
      (leading, position) = (leading + 1, position + length)
    }
    var trailing = 0
    position = token.count
    while position > 0 {
      let (scalar, length) = UTF8Scalar.before(position, in: token)
      guard Self.isSpace(scalar) else { break }
      (trailing, position) = (trailing + 1, position - length)
    }
    let start = Self.advance(range.lowerBound, leading, to: range.upperBound, in: text)
    let end = Self.retreat(range.upperBound, trailing, in: text) ?? range.upperBound
    spaced = range.lowerBound..<max(range.lowerBound, end)
    inner = start..<max(start, end)
    hasOneLeadingSpace = leading == 1
  }

  /// - Parameters:
  ///   - isFirst: whether the token is the first that is kept of its text.
  ///   - addsPrefixSpace: whether a single space at the beginning was added by the tokenizer, and
  ///     stands for no byte.
  func range(isFirst: Bool, addsPrefixSpace: Bool) -> Range<Int> {
    let isAdded = hasOneLeadingSpace && addsPrefixSpace && (isFirst || spaced.lowerBound == 0)
    return isAdded ? spaced : inner
  }

  /// Whether a byte is a visible character of ASCII.
  private static func isInk(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar == ByteLevelAlphabet.space || ScalarClass(of: scalar).contains(.whitespace)
  }

  private static func advance(
    _ position: Int, _ count: Int, to end: Int, in text: UnsafeBufferPointer<UInt8>
  ) -> Int {
    var position = position
    for _ in 0..<count where position < end {
      position = min(end, position + UTF8Scalar.length(of: text[position]))
    }
    return position
  }

  /// Nil where there are not so many scalars before.
  private static func retreat(
    _ position: Int, _ count: Int, in text: UnsafeBufferPointer<UInt8>
  ) -> Int? {
    var position = position
    for _ in 0..<count {
      guard position > 0 else { return nil }
      position -= UTF8Scalar.before(position, in: text).1
    }
    return position
  }
}
