import Tensors

/// The words of a schedule's text: its name, and what is set.
struct ScheduleSettings {
  let name: String
  private var values: [(key: String, value: String)] = []

  private static let limit = 1000

  init(_ text: String) throws {
    guard text.utf8.count <= Self.limit else { throw Failure(ScheduleReason.tooLong) }
    let words = text.split { $0 == " " || $0 == "\t" }.map(String.init)
    guard let first = words.first else { throw Failure(ScheduleReason.empty) }
    name = first
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else { throw Failure(ScheduleReason.word(word)) }
      guard !has(String(parts[0])) else {
        throw Failure(ScheduleReason.twice(String(parts[0])))
      }
      values.append((String(parts[0]), String(parts[1])))
    }
  }

  func has(_ key: String) -> Bool { values.contains { $0.key == key } }

  /// Takes the value of a key.
  private mutating func take(_ key: String) -> String? {
    guard let index = values.firstIndex(where: { $0.key == key }) else { return nil }
    return values.remove(at: index).value
  }

  mutating func length(_ key: String) throws -> RunLength? {
    try take(key).map { try RunLength($0) }
  }

  mutating func lengths(_ key: String) throws -> [RunLength] {
    try take(key)?.split(separator: ",", omittingEmptySubsequences: false).map { try RunLength($0) }
      ?? []
  }

  mutating func number(_ key: String, _ range: ClosedRange<Double>) throws -> Double? {
    try take(key).map { text in
      guard let number = plainNumber(text), range.contains(number) else {
        throw Failure(
          ScheduleReason.value(
            key, text,
            expected: "a number from \(shortest(range.lowerBound)) to \(shortest(range.upperBound))"
          ))
      }
      return number
    }
  }

  mutating func count(_ key: String) throws -> Int? {
    try take(key).map { text in
      guard let count = Int(text), (1...1_000_000).contains(count) else {
        throw Failure(
          ScheduleReason.value(key, text, expected: "a whole number from 1 to 1000000"))
      }
      return count
    }
  }

  /// Fails where something is left that nobody asked for.
  func finish(known: [String]) throws {
    guard let rest = values.first else { return }
    throw Failure(ScheduleReason.key(rest.key, of: name, known: known))
  }
}

/// What is wrong with the text of a schedule.
package enum ScheduleReason: Reason {
  case empty
  case tooLong
  case unknown(String, known: [String])
  case word(String)
  case twice(String)
  case key(String, of: String, known: [String])
  case value(String, String, expected: String)
  case length(String)
  case missing(String, of: String)
  case both(String, String)
  case order(String, String)

  package var outcome: Outcome { .usage }

  package var description: String {
    switch self {
    case .empty: "a schedule's name is expected, but the text is empty"
    case .tooLong: "a schedule's text has at most 1000 bytes"
    case .unknown(let name, let known):
      "there is no schedule '\(printable(name))'; known are \(known.joined(separator: ", "))"
    case .word(let word): "a setting KEY=VALUE is expected, but '\(printable(word))' is found"
    case .twice(let key): "'\(printable(key))' is set twice"
    case .key(let key, let name, let known):
      "the schedule \(name) has no setting '\(printable(key))'; it has \(known.joined(separator: ", "))"
    case .value(let key, let value, let expected):
      "\(key) should be \(expected), but is '\(printable(value))'"
    case .length(let text):
      "a length such as 500 (steps), 2e (epochs) or 10% (of the run) is expected, but '\(printable(text))' is found"
    case .missing(let key, let name): "\(name) needs \(key)=…"
    case .both(let first, let second): "\(first) and \(second) exclude each other"
    case .order(let first, let second): "\(first) is not before \(second)"
    }
  }
}
