/// What is wrong with a pattern, or not known of it.
struct PatternError: Error {
  let what: String
}

/// Reads a regular expression into the steps of a ``Pattern``.
struct PatternParser {
  private let text: [Unicode.Scalar]
  private var position = 0
  private var ignoresCase = false

  private static let depthLimit = 16
  /// Expressions of tokenizers need a few dozen.
  private static let stepLimit = 2048

  private typealias Step = Pattern.Step

  init(_ expression: String) { text = Array(expression.unicodeScalars) }

  mutating func parse() throws(PatternError) -> [Pattern.Step] {
    guard text.count <= SplitPattern.lengthLimit else { throw PatternError(what: "too long") }
    var steps = try alternatives(depth: 0)
    guard position == text.count else { throw PatternError(what: "unexpected ')'") }
    steps.append(.match)
    return steps
  }

  private func peek() -> Unicode.Scalar? { position < text.count ? text[position] : nil }

  private mutating func next() throws(PatternError) -> Unicode.Scalar {
    guard let scalar = peek() else { throw PatternError(what: "unexpected end") }
    position += 1
    return scalar
  }

  private mutating func skip(_ prefix: String) -> Bool {
    let prefix = Array(prefix.unicodeScalars)
    guard text[position...].starts(with: prefix) else { return false }
    position += prefix.count
    return true
  }

  // MARK: Structure

  private mutating func alternatives(depth: Int) throws(PatternError) -> [Pattern.Step] {
    guard depth < Self.depthLimit else { throw PatternError(what: "groups nest too deeply") }
    var branches = [try sequence(depth)]
    while skip("|") { branches.append(try sequence(depth)) }
    var steps = branches.removeLast()
    guard branches.reduce(steps.count, { $0 + $1.count + 2 }) < Self.stepLimit else {
      throw PatternError(what: "too long")
    }
    for branch in branches.reversed() {
      let (first, rest) = (branch, steps)
      steps =
        [.split(1, first.count + 2)] + shifted(first, 1) + [.jump(first.count + rest.count + 2)]
      steps += shifted(rest, first.count + 2)
    }
    return steps
  }

  private mutating func sequence(_ depth: Int) throws(PatternError) -> [Pattern.Step] {
    var steps: [Step] = []
    while let scalar = peek(), scalar != "|", scalar != ")" {
      let part = try repeated(try atom(depth))
      guard steps.count + part.count < Self.stepLimit else { throw PatternError(what: "too long") }
      steps += shifted(part, steps.count)
    }
    return steps
  }

  /// Steps whose targets are counted from another place.
  private func shifted(_ steps: [Step], _ distance: Int) -> [Step] {
    steps.map { step in
      switch step {
      case .split(let first, let second): .split(first + distance, second + distance)
      case .jump(let target): .jump(target + distance)
      default: step
      }
    }
  }

  private mutating func repeated(_ atom: [Pattern.Step]) throws(PatternError) -> [Pattern.Step] {
    guard let (least, most) = try quantifier() else { return atom }
    if let scalar = peek(), scalar == "?" || scalar == "+" || scalar == "*" {
      throw PatternError(what: "lazy and possessive repetition are not supported")
    }
    guard atom.count * max(least, most ?? 1) < Self.stepLimit else {
      throw PatternError(what: "too long")
    }
    var steps: [Step] = []
    for _ in 0..<least { steps += shifted(atom, steps.count) }
    if let most {
      // Each further one is taken if it can be, else all the rest is left out.
      let end = steps.count + (most - least) * (atom.count + 1)
      for _ in 0..<max(0, most - least) {
        steps.append(.split(steps.count + 1, end))
        steps += shifted(atom, steps.count)
      }
    } else {
      let start = steps.count
      steps.append(.split(start + 1, start + atom.count + 2))
      steps += shifted(atom, start + 1) + [.jump(start)]
    }
    return steps
  }

  private mutating func quantifier() throws(PatternError) -> (least: Int, most: Int?)? {
    if skip("*") { return (0, nil) }
    if skip("+") { return (1, nil) }
    if skip("?") { return (0, 1) }
    guard skip("{") else { return nil }
    let least = try number()
    if skip("}") { return (least, least) }
    guard skip(",") else { throw PatternError(what: "expected ',' in a repetition") }
    if skip("}") { return (least, nil) }
    let most = try number()
    guard skip("}"), most >= least else { throw PatternError(what: "bad repetition") }
    return (least, most)
  }

  private mutating func number() throws(PatternError) -> Int {
    var value = 0
    let start = position
    while let digit = peek(), (0x30...0x39).contains(digit.value), value < 1000 {
      value = value * 10 + Int(digit.value - 0x30)
      position += 1
    }
    guard position > start, value < 1000 else { throw PatternError(what: "bad repetition") }
    return value
  }

  // MARK: Atoms

  private mutating func atom(_ depth: Int) throws(PatternError) -> [Pattern.Step] {
    switch try next() {
    case "(": return try group(depth)
    case "[": return [.scalar(try set())]
    case ".": return [.scalar(ScalarSet(ranges: [10...10], isInverted: true))]
    case "^": return [.lineStart]
    case "$": return [.lineEnd]
    case "\\": return [.scalar(try escape())]
    case "*", "+", "?", "{": throw PatternError(what: "nothing to repeat")
    case let scalar: return [.scalar(literal(scalar))]
    }
  }

  private mutating func group(_ depth: Int) throws(PatternError) -> [Pattern.Step] {
    let outer = ignoresCase
    defer { ignoresCase = outer }
    for (prefix, isWanted) in [("?=", true), ("?!", false)] where skip(prefix) {
      let inner = try alternatives(depth: depth + 1)
      guard skip(")"), inner.count == 1, case .scalar(let set) = inner[0] else {
        throw PatternError(what: "lookahead is supported for one scalar only")
      }
      return [.ahead(set, isWanted: isWanted)]
    }
    if skip("?i:") {
      ignoresCase = true
    } else if !skip("?:"), peek() == "?" {
      throw PatternError(what: "unknown kind of group")
    }
    let steps = try alternatives(depth: depth + 1)
    guard skip(")") else { throw PatternError(what: "expected ')'") }
    return steps
  }

  private func literal(_ scalar: Unicode.Scalar) -> ScalarSet {
    var ranges = [scalar.value...scalar.value]
    if ignoresCase, (scalar.value | 0x20) &- 0x61 < 26 {
      ranges.append(scalar.value ^ 0x20...scalar.value ^ 0x20)
      // The long s and the Kelvin sign are cases of s and k.
      if scalar == "s" || scalar == "S" { ranges.append(0x17F...0x17F) }
      if scalar == "k" || scalar == "K" { ranges.append(0x212A...0x212A) }
    }
    return ScalarSet(ranges: ranges)
  }

  private mutating func set() throws(PatternError) -> ScalarSet {
    guard !ignoresCase else { throw PatternError(what: "sets that ignore case are not supported") }
    var set = ScalarSet()
    let isInverted = skip("^")
    while !skip("]") {
      let scalar = try next()
      if scalar == "[" || scalar == "&" {
        throw PatternError(what: "sets within sets are not supported")
      }
      let member = scalar == "\\" ? try escape() : ScalarSet(ranges: [scalar.value...scalar.value])
      if peek() == "-", position + 1 < text.count, text[position + 1] != "]" {
        position += 1
        var last = try next()
        if last == "\\" { last = try next() }
        guard let first = member.ranges.first?.lowerBound, first <= last.value else {
          throw PatternError(what: "bad range in a set")
        }
        set.ranges.append(first...last.value)
      } else {
        set.ranges += member.ranges
        set.classes.formUnion(member.classes)
        set.lacking += member.lacking
      }
    }
    set.isInverted = isInverted
    return set
  }

  private mutating func escape() throws(PatternError) -> ScalarSet {
    switch try next() {
    case "s": return ScalarSet(classes: .whitespace)
    case "S": return ScalarSet(lacking: [.whitespace])
    case "d": return ScalarSet(classes: .decimal)
    case "D": return ScalarSet(lacking: [.decimal])
    case "w": return ScalarSet(classes: .patternWord)
    case "W": return ScalarSet(lacking: [.patternWord])
    case "p": return ScalarSet(classes: try property())
    case "P": return ScalarSet(lacking: [try property()])
    case "n": return ScalarSet(ranges: [10...10])
    case "r": return ScalarSet(ranges: [13...13])
    case "t": return ScalarSet(ranges: [9...9])
    case "f": return ScalarSet(ranges: [12...12])
    case "v": return ScalarSet(ranges: [11...11])
    case let scalar where scalar.isASCII && ScalarClass(of: scalar).contains(.punctuation):
      return ScalarSet(ranges: [scalar.value...scalar.value])
    case let scalar: throw PatternError(what: "'\\\(scalar)' is not supported")
    }
  }

  private mutating func property() throws(PatternError) -> ScalarClass {
    for (name, classes) in [("{L}", ScalarClass.letter), ("{N}", .number), ("{Nd}", .decimal)]
    where skip(name) {
      return classes
    }
    throw PatternError(what: "only the properties L, N and Nd are supported")
  }
}
