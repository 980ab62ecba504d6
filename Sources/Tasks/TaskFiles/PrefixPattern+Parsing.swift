import Tensors

extension PrefixPattern {
  /// - Throws: ``Failure`` of usage if the text is no pattern.
  public init(_ text: String) throws {
    self.text = text
    var parser = PrefixPatternParser(text)
    automaton = try parser.automaton()
  }
}

/// A part of a pattern, by what it adds to the automaton.
private struct Fragment {
  var isNullable = true
  var first: UInt64 = 0
  var last: UInt64 = 0
}

/// Reads a pattern by recursive descent.
private struct PrefixPatternParser {
  private let text: String
  private var rest: Substring.UnicodeScalarView
  private var result = PositionAutomaton()
  private var depth = 0

  init(_ text: String) {
    self.text = text
    rest = Substring(text).unicodeScalars
  }

  mutating func automaton() throws -> PositionAutomaton {
    if rest.first == "^" { rest.removeFirst() }
    let whole = try alternation()
    if let left = rest.first { throw failure("'\(left)' is not expected") }
    result.first = whole.first
    result.last = whole.last
    return result
  }

  private mutating func alternation() throws -> Fragment {
    depth += 1
    defer { depth -= 1 }
    guard depth <= 16 else { throw failure("groups nest too deep") }
    var union = try concatenation()
    while rest.first == "|" {
      rest.removeFirst()
      let next = try concatenation()
      union.isNullable = union.isNullable || next.isNullable
      union.first |= next.first
      union.last |= next.last
    }
    return union
  }

  private mutating func concatenation() throws -> Fragment {
    var whole = Fragment()
    while let next = rest.first, next != "|", next != ")" {
      let part = try repetition()
      connect(whole.last, to: part.first)
      whole.first |= whole.isNullable ? part.first : 0
      whole.last = part.last | (part.isNullable ? whole.last : 0)
      whole.isNullable = whole.isNullable && part.isNullable
    }
    return whole
  }

  private mutating func repetition() throws -> Fragment {
    var part = try atom()
    guard let sign = rest.first, sign == "*" || sign == "+" || sign == "?" else { return part }
    rest.removeFirst()
    if sign != "?" { connect(part.last, to: part.first) }
    if sign != "+" { part.isNullable = true }
    if let next = rest.first, next == "*" || next == "+" || next == "?" {
      throw failure("'\(sign)\(next)' is not supported")
    }
    return part
  }

  private mutating func atom() throws -> Fragment {
    let scalar = rest.removeFirst()
    switch scalar {
    case "(":
      if rest.starts(with: "?:".unicodeScalars) { rest.removeFirst(2) }
      let group = try alternation()
      guard rest.popFirst() == ")" else { throw failure("a group is not closed") }
      return group
    case "[": return try position(characterClass())
    case ".": return try position(CharacterClass(members: [.range("\n"..."\n")], isNegated: true))
    case "\\": return try position(CharacterClass(members: [escape()]))
    case "*", "+", "?": throw failure("'\(scalar)' follows nothing")
    case "^", "$", "{", "}": throw failure("'\(scalar)' is not supported here")
    default: return try position(CharacterClass(members: [.range(scalar...scalar)]))
    }
  }

  private mutating func characterClass() throws -> CharacterClass {
    var set = CharacterClass(members: [])
    if rest.first == "^" {
      rest.removeFirst()
      set.isNegated = true
    }
    repeat {
      let lower = try classMember()
      guard case .range(let start) = lower, rest.first == "-", rest.dropFirst().first != "]" else {
        set.members.append(lower)
        continue
      }
      rest.removeFirst()
      guard case .range(let end) = try classMember(), start.lowerBound <= end.lowerBound else {
        throw failure("a range of a class is not in order")
      }
      set.members.append(.range(start.lowerBound...end.lowerBound))
    } while rest.first != "]"
    rest.removeFirst()
    return set
  }

  private mutating func classMember() throws -> CharacterClass.Member {
    guard let scalar = rest.popFirst() else { throw failure("a class is not closed") }
    return scalar == "\\" ? try escape() : .range(scalar...scalar)
  }

  private mutating func escape() throws -> CharacterClass.Member {
    guard let scalar = rest.popFirst() else { throw failure("it ends with a backslash") }
    switch scalar {
    case "d": return .digit
    case "w": return .word
    case "s": return .space
    case "t": return .range("\t"..."\t")
    case _ where scalar.isASCII && scalar.isAlphanumeric:
      throw failure("'\\\(scalar)' is not supported")
    default: return .range(scalar...scalar)
    }
  }

  private mutating func position(_ set: CharacterClass) throws -> Fragment {
    let bit = result.positions.count
    guard bit < PositionAutomaton.limit else { throw failure("it is too long") }
    result.positions.append(set)
    result.follow.append(0)
    return Fragment(isNullable: false, first: 1 << bit, last: 1 << bit)
  }

  private mutating func connect(_ from: UInt64, to: UInt64) {
    for position in result.follow.indices where from >> position & 1 == 1 {
      result.follow[position] |= to
    }
  }

  private func failure(_ problem: String) -> Failure {
    Failure(PatternReason.unusable(text, problem))
  }
}

/// Why a text is no pattern.
enum PatternReason: Reason {
  case unusable(String, String)

  var outcome: Outcome { .usage }

  var description: String {
    switch self {
    case .unusable(let text, let problem):
      "'\(printable(text))' cannot be used as a pattern: \(problem)"
    }
  }
}
