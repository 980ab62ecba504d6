/// A regular expression of the kind that tokenizers split text with, matched without backtracking: each
/// match in time proportional to what it looks at (Thompson, 1968; Pike, 1987).
///
/// Literals, `.`, sets, `\s \S \d \D \w \W`, `\p{L}` and `\p{N}` and their complements, groups,
/// `(?i:…)` for letters, `|`, greedy `* + ? {m,n}`, `^` and `$` of lines, and lookahead for one scalar.
/// Of several matches at a place that counts which a backtracking matcher would find first.
struct Pattern {
  /// A step of the matcher.
  enum Step {
    case scalar(ScalarSet)
    /// Both ways, the first preferred.
    case split(Int, Int)
    case jump(Int)
    case lineStart
    case lineEnd
    /// Whether a scalar of a set comes next; at the end of the text none does.
    case ahead(ScalarSet, isWanted: Bool)
    case match
  }

  private let steps: [Step]

  /// How often a text may be looked at on average. Expressions that look far beyond their matches, again
  /// and again, match no more once that is used up; those of tokenizers come nowhere near.
  private static let effort = 64

  init(_ expression: String) throws(PatternError) {
    var parser = PatternParser(expression)
    steps = try parser.parse()
  }

  /// Calls a closure with each match, from left to right; an empty one counts unless a match ends there.
  func matches(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void
  ) {
    var position = range.lowerBound
    var lastEnd = -1
    var budget = range.count * Self.effort + 4096
    var threads = ThreadList(count: steps.count)
    var next = ThreadList(count: steps.count)
    while let match = first(bytes, range, from: position, &threads, &next, &budget) {
      if match.isEmpty, match.lowerBound == lastEnd {
        guard lastEnd < range.upperBound else { return }
        position = lastEnd + UTF8Scalar.length(of: bytes[lastEnd])
      } else {
        body(match)
        (position, lastEnd) = (match.upperBound, match.upperBound)
      }
    }
  }

  /// The leftmost match from a position on.
  private func first(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, from start: Int,
    _ threads: inout ThreadList, _ next: inout ThreadList, _ budget: inout Int
  ) -> Range<Int>? {
    var found: Range<Int>?
    threads.removeAll()
    var position = start
    while true {
      if found == nil { add(0, position, bytes, range, position, &threads) }
      if threads.isEmpty, found != nil { return found }
      let (scalar, length) =
        position < range.upperBound ? UTF8Scalar.decode(bytes, at: position) : ("\0", 0)
      next.removeAll()
      threads: for thread in threads.entries {
        switch steps[thread.step] {
        case .scalar(let set):
          if length > 0, set.contains(scalar) {
            add(thread.step + 1, thread.start, bytes, range, position + length, &next)
          }
        case .match:
          found = thread.start..<position
          // Threads behind this one are less preferred.
          break threads
        default: break
        }
      }
      swap(&threads, &next)
      guard length > 0 else { return found }
      position += length
      budget -= length
      guard budget > 0 else { return nil }
    }
  }

  /// Adds a thread at a step, or at all steps that it leads to without a scalar.
  private func add(
    _ step: Int, _ start: Int, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
    _ position: Int, _ threads: inout ThreadList
  ) {
    var pending = [step]
    while let step = pending.popLast() {
      guard threads.visit(step) else { continue }
      switch steps[step] {
      case .jump(let target): pending.append(target)
      case .split(let first, let second): pending += [second, first]
      case .lineStart:
        if position == range.lowerBound || bytes[position - 1] == 0x0A { pending.append(step + 1) }
      case .lineEnd:
        if position == range.upperBound || bytes[position] == 0x0A { pending.append(step + 1) }
      case .ahead(let set, let isWanted):
        let isThere =
          position < range.upperBound && set.contains(UTF8Scalar.decode(bytes, at: position).0)
        if isThere == isWanted { pending.append(step + 1) }
      case .scalar, .match: threads.append(step, start)
      }
    }
  }

  /// Threads in order of preference, one at most for each step.
  private struct ThreadList {
    private(set) var entries: [(step: Int, start: Int)] = []
    private var visited: [Bool]

    init(count: Int) { visited = [Bool](repeating: false, count: count) }

    var isEmpty: Bool { entries.isEmpty }

    mutating func visit(_ step: Int) -> Bool {
      defer { visited[step] = true }
      return !visited[step]
    }

    mutating func append(_ step: Int, _ start: Int) { entries.append((step, start)) }

    mutating func removeAll() {
      entries.removeAll(keepingCapacity: true)
      for index in visited.indices { visited[index] = false }
    }
  }
}

/// Scalars named by ranges and classes.
struct ScalarSet {
  var ranges: [ClosedRange<UInt32>] = []
  /// Any of these.
  var classes: ScalarClass = []
  /// The scalars that lack one of these.
  var lacking: [ScalarClass] = []
  var isInverted = false

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    let flags = ScalarClass(of: scalar)
    let isMember =
      !flags.isDisjoint(with: classes) || ranges.contains { $0.contains(scalar.value) }
      || lacking.contains { flags.isDisjoint(with: $0) }
    return isMember != isInverted
  }
}
