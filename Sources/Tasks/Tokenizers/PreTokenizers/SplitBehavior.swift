/// What becomes of the delimiters that a text is cut at.
enum SplitBehavior: String, CaseIterable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  /// Neighbouring delimiters become one piece.
  case contiguous = "Contiguous"

  /// Pieces of a text whose parts are delimiters or not; the parts follow each other without a gap.
  func pieces(_ parts: [(range: Range<Int>, isDelimiter: Bool)]) -> [Range<Int>] {
    switch self {
    case .removed: parts.filter { !$0.isDelimiter }.map(\.range)
    case .isolated: parts.map(\.range)
    case .contiguous: merged(parts) { $0 == $1 }
    case .mergedWithPrevious: merged(parts) { previous, next in next && !previous }
    case .mergedWithNext:
      // The same from behind.
      merged(parts.reversed()) { previous, next in next && !previous }.reversed()
    }
  }

  /// Joins a part with the piece before it where a rule on the two parts says so.
  private func merged(
    _ parts: [(range: Range<Int>, isDelimiter: Bool)], _ joins: (Bool, Bool) -> Bool
  ) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var previous = false
    for (range, isDelimiter) in parts {
      if joins(previous, isDelimiter), let last = pieces.last {
        let start = min(last.lowerBound, range.lowerBound)
        pieces[pieces.count - 1] = start..<max(last.upperBound, range.upperBound)
      } else {
        pieces.append(range)
      }
      previous = isDelimiter
    }
    return pieces
  }
}

extension PieceList {
  /// Cuts at scalars of some classes.
  mutating func split(_ behavior: SplitBehavior, at isDelimiter: (ScalarClass) -> Bool) {
    split(behavior, isInverted: false) { bytes, range, match in
      var position = range.lowerBound
      while position < range.upperBound {
        let (scalar, length) = UTF8Scalar.decode(bytes, at: position)
        if isDelimiter(ScalarClass(of: scalar)) { match(position..<position + length) }
        position += length
      }
    }
  }

  /// Cuts at the matches of a pattern, which come in order; or at what lies between them.
  mutating func split(
    _ behavior: SplitBehavior, isInverted: Bool,
    matches: (UnsafeBufferPointer<UInt8>, Range<Int>, (Range<Int>) -> Void) -> Void
  ) {
    split { bytes, range, output in
      var parts: [(range: Range<Int>, isDelimiter: Bool)] = []
      var end = range.lowerBound
      matches(bytes, range) { match in
        if end < match.lowerBound { parts.append((end..<match.lowerBound, isInverted)) }
        parts.append((match, !isInverted))
        end = match.upperBound
      }
      if end < range.upperBound { parts.append((end..<range.upperBound, isInverted)) }
      for piece in behavior.pieces(parts) where !piece.isEmpty {
        output.append(Piece(range: piece))
      }
    }
  }
}
