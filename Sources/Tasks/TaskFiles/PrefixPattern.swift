/// A regular expression that is held against the front of words.
///
/// It knows literals, `.`, classes such as `[a-z_]` and `[^:]`, `\d`, `\w` and `\s`, groups, `|`,
/// `*`, `+` and `?`; a leading `^` says what holds anyway. Of all matches it takes the longest. It is a
/// position automaton (Glushkov, 1961), so that matching takes time linear in the text, whatever
/// the pattern is.
public struct PrefixPattern: Sendable, Equatable {
  public let text: String
  let automaton: PositionAutomaton

  public static func == (left: PrefixPattern, right: PrefixPattern) -> Bool {
    left.text == right.text
  }

  /// The text without what the pattern matches at its front.
  func strip(_ text: String) -> String {
    let count = automaton.longestPrefix(of: text.unicodeScalars)
    return count == 0 ? text : String(text.unicodeScalars.dropFirst(count))
  }
}

/// An automaton whose states are the positions of a pattern: the places that consume a character.
struct PositionAutomaton: Sendable {
  var positions: [CharacterClass] = []
  /// For each position the positions that may come next, a bit each.
  var follow: [UInt64] = []
  /// Where a match may begin.
  var first: UInt64 = 0
  /// Where a match may end.
  var last: UInt64 = 0

  static let limit = UInt64.bitWidth

  /// How many scalars the longest match at the front takes up.
  func longestPrefix(of text: String.UnicodeScalarView) -> Int {
    var (active, longest, count) = (first, 0, 0)
    for scalar in text {
      count += 1
      var (next, isEnd) = (UInt64(0), false)
      while active != 0 {
        let position = active.trailingZeroBitCount
        active &= active - 1
        guard positions[position].contains(scalar) else { continue }
        next |= follow[position]
        isEnd = isEnd || last >> position & 1 == 1
      }
      if isEnd { longest = count }
      if next == 0 { break }
      active = next
    }
    return longest
  }
}

/// The characters that one place of a pattern takes.
struct CharacterClass: Sendable {
  enum Member: Sendable {
    case range(ClosedRange<Unicode.Scalar>)
    case digit, word, space
  }

  var members: [Member]
  var isNegated = false

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    members.contains { $0.contains(scalar) } != isNegated
  }
}

extension CharacterClass.Member {
  func contains(_ scalar: Unicode.Scalar) -> Bool {
    switch self {
    case .range(let range): range.contains(scalar)
    case .digit: scalar.properties.generalCategory == .decimalNumber
    case .word: scalar == "_" || scalar.isAlphanumeric
    case .space: scalar.properties.isWhitespace
    }
  }
}

extension Unicode.Scalar {
  /// Whether it is a letter or any kind of number, as Python's `isalnum` has it.
  var isAlphanumeric: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: properties.numericType != nil
    }
  }
}
