import Documents
import TestSupport
import Testing

@testable import Tasks

/// Hashes of what the genuine library makes of texts that are not part of the package.
struct GoldenHashes {
  let document: JSON

  init() throws { document = try JSON.read(Places.sample("tokenizers/hashes.json")) }

  /// One step of the hash: exclusive or, an odd factor, and the upper half into the lower.
  static func mix(_ state: inout UInt64, _ value: Int) {
    state = (state ^ UInt64(bitPattern: Int64(value))) &* 0x9E37_79B9_7F4A_7C15
    state ^= state >> 32
  }

  static func mix(_ state: inout UInt64, _ encoding: Encoding) {
    mix(&state, encoding.sequence.count)
    for index in 0..<encoding.sequence.count {
      mix(&state, Int(encoding.sequence.ids[index]) << 1 | Int(encoding.sequence.types[index]))
      mix(&state, encoding.ranges[index]?.lowerBound ?? -1)
      mix(&state, encoding.ranges[index]?.upperBound ?? -1)
      mix(&state, encoding.words[index] ?? -1)
    }
  }

  /// A hash as the goldens write it.
  static func text(_ state: UInt64) -> String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// The tokenizers that the hashes are of; nil, aloud, where their files are absent.
  static func tokenizer(_ name: String) throws -> Tokenizer? {
    if ["xlm-roberta", "albert"].contains(name) {
      return try Tokenizer(folder: Places.sample("tokenizers/\(name)"))
    }
    guard let folder = Places.shared("data/tokenizers/\(name)") else {
      print("skipped: \(name) is not beside the package")
      return nil
    }
    guard name.hasSuffix("-cased") else { return try Tokenizer(folder: folder) }
    let copy = try TemporaryFolder()
    _ = try copy.file("vocab.txt", bytes(of: "\(folder)/vocab.txt"))
    _ = try copy.file("tokenizer_config.json", [UInt8](#"{"do_lower_case": false}"#.utf8))
    return try Tokenizer(folder: copy.path)
  }

  /// As many texts of a data set as the hashes are of; a pair has two.
  func texts(_ name: String) throws -> [[String]]? {
    guard let path = Places.shared("data/\(name)") else {
      print("skipped: \(name) is not beside the package")
      return nil
    }
    let content = String(decoding: try bytes(of: path), as: UTF8.self)
    let count = try #require(document["counts"]?[name]?.integer)
    return Array(Self.rows(name, content).prefix(count))
  }

  private static func rows(_ name: String, _ content: String) -> [[String]] {
    var lines = content.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    func fields(_ columns: [Int]) -> [[String]] {
      lines.map { line in
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        return columns.map { String(fields[$0]) }
      }
    }
    switch name.split(separator: "/")[0] {
    case "sst2": return Array(fields([0]).dropFirst())
    case "cola": return fields([3])
    case "rte": return Array(fields([1, 2]).dropFirst())
    case "stsb": return records(content).map { Array($0.prefix(2)) }
    default: return sentences(lines, dropsPrefix: name.hasPrefix("wikiann"))
    }
  }

  /// The records of comma-separated values with quotes.
  private static func records(_ content: String) -> [[String]] {
    let scalars = Array(content.unicodeScalars)
    var records: [[String]] = []
    var record = [""]
    var isQuoted = false
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      index += 1
      switch scalar {
      case "\"" where isQuoted && index < scalars.count && scalars[index] == "\"":
        record[record.count - 1] += "\""
        index += 1
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: record.append("")
      case "\r" where !isQuoted: break
      case "\n" where !isQuoted:
        records.append(record)
        record = [""]
      default: record[record.count - 1].unicodeScalars.append(scalar)
      }
    }
    return records
  }

  /// Sentences of one token a line, with a space between tokens.
  private static func sentences(_ lines: [String], dropsPrefix: Bool) -> [[String]] {
    var sentences: [[String]] = []
    var words: [Substring] = []
    for line in lines + [""] {
      if line.allSatisfy(\.isWhitespace) {
        if !words.isEmpty { sentences.append([words.joined(separator: " ")]) }
        words = []
        continue
      }
      let token = line.split(separator: "\t", omittingEmptySubsequences: false)[0]
      guard dropsPrefix else {
        words.append(token)
        continue
      }
      words.append(token.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)[1])
    }
    return sentences
  }
}
