import Documents
import TestSupport
import Testing

@testable import Tasks

/// A call of a tokenizer, and what the genuine library made of it (samples/make_tokenizer_goldens.py).
struct GoldenCase {
  let call: JSON

  /// The cases of a file in samples/tokenizers.
  static func read(_ name: String) throws -> [GoldenCase] {
    let document = try JSON.read(Places.sample("tokenizers/\(name).cases.json"))
    return try #require(document["cases"]?.array).map(GoldenCase.init)
  }

  /// Makes the same call.
  func check(_ tokenizer: Tokenizer, _ note: Comment = "") throws {
    let limit = call["limit"]?.integer
    if let words = call["words"]?.array {
      let encoding = tokenizer.encode(words: words.compactMap(\.string), limit: limit)
      try compare([encoding], [try #require(call["encoding"])], note)
      #expect(encoding.truncated == call["truncated"]?.integer, "\(note) \(call.text())")
      return
    }
    let text = try #require(call["text"]?.string)
    let second = call["second"]?.string
    if let stride = call["stride"]?.integer {
      let windows = tokenizer.encode(
        text, windowsOf: try #require(second), limit: try #require(limit), stride: stride)
      try compare(windows, try #require(call["windows"]?.array), note)
      return
    }
    let encoding = tokenizer.encode(text, second, limit: limit)
    try compare([encoding], [try #require(call["encoding"])], note)
    #expect(encoding.truncated == call["truncated"]?.integer ?? 0, "\(note) \(call.text())")
  }

  private func compare(_ encodings: [Encoding], _ goldens: [JSON], _ note: Comment) throws {
    #expect(encodings.count == goldens.count, "\(note) \(call.text())")
    for (encoding, golden) in zip(encodings, goldens) {
      #expect(
        Self.row(encoding) == golden.array?.compactMap(\.string), "\(note) \(call.text())")
    }
  }

  /// Ids; types, if there are others than 0; ranges as start-end; words.
  static func row(_ encoding: Encoding) -> [String] {
    let types = encoding.sequence.types
    return [
      encoding.sequence.ids.map(String.init).joined(separator: " "),
      types.contains { $0 != 0 } ? types.map(String.init).joined() : "",
      encoding.ranges.map { $0.map { "\($0.lowerBound)-\($0.upperBound)" } ?? "." }
        .joined(separator: " "),
      encoding.words.map { $0.map(String.init) ?? "." }.joined(separator: " "),
    ]
  }
}
