/// How a normalized text is cut into words.
indirect enum PreTokenizer {
  case bert
  case whitespaceSplit
  /// Runs of `\w`, and runs of what is neither `\w` nor white space.
  case whitespace
  case punctuation(SplitBehavior)
  /// Each digit alone, or runs of digits.
  case digits(isIndividual: Bool)
  case byteLevel(ByteLevel)
  case metaspace(Metaspace)
  case pattern(SplitPattern, SplitBehavior, isInverted: Bool)
  case sequence([PreTokenizer])

  /// - Parameter isWord: whether the text is a word that was cut off by the caller.
  func apply(to list: inout PieceList, isWord: Bool) {
    switch self {
    case .bert: list.split(BERTPreTokenizer.split)
    case .whitespaceSplit:
      list.split(.removed) { $0.contains(.whitespace) }
    case .whitespace: list.split(Self.splitAtWhitespace)
    case .punctuation(let behavior): list.split(behavior) { $0.contains(.punctuation) }
    case .digits(let isIndividual):
      list.split(isIndividual ? .isolated : .contiguous) { $0.contains(.numeric) }
    case .byteLevel(let byteLevel): byteLevel.apply(to: &list, isWord: isWord)
    case .metaspace(let metaspace): metaspace.apply(to: &list)
    case .pattern(let pattern, let behavior, let isInverted):
      list.split(behavior, isInverted: isInverted, matches: pattern.matches)
    case .sequence(let parts): for part in parts { part.apply(to: &list, isWord: isWord) }
    }
  }

  /// How many parts write bytes with signs, each of which doubles the text.
  var byteLevels: Int {
    switch self {
    case .byteLevel: 1
    case .sequence(let parts): parts.reduce(0) { $0 + $1.byteLevels }
    default: 0
    }
  }

  private static func splitAtWhitespace(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ output: inout [PieceList.Piece]
  ) {
    var position = range.lowerBound
    var start = position
    var kind: ScalarClass = .whitespace
    while position < range.upperBound {
      let (scalar, length) = UTF8Scalar.decode(bytes, at: position)
      let next = ScalarClass(of: scalar).intersection([.word, .whitespace])
      if next != kind {
        if kind != .whitespace { output.append(.init(range: start..<position)) }
        (start, kind) = (position, next)
      }
      position += length
    }
    if kind != .whitespace, start < position { output.append(.init(range: start..<position)) }
  }
}
