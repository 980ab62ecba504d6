import Testing

@testable import Tasks

@Suite struct PatternTests {
  private func matches(_ expression: String, _ text: String) throws -> [String] {
    let pattern = try Pattern(expression)
    let bytes = Array(text.utf8)
    var matches: [String] = []
    bytes.withUnsafeBufferPointer { bytes in
      pattern.matches(bytes, 0..<bytes.count) {
        matches.append(String(decoding: bytes[$0], as: UTF8.self))
      }
    }
    return matches
  }

  @Test func alternativesAreTriedInOrder() throws {
    #expect(try matches("a|ab", "abab") == ["a", "a"])
    #expect(try matches("ab|a", "abaab") == ["ab", "a", "ab"])
    #expect(try matches("(?:x|y)+z?|.", "xyzx.") == ["xyz", "x", "."])
  }

  @Test func repetitionIsGreedyAndBounded() throws {
    #expect(try matches("a{2}", "aaaaa") == ["aa", "aa"])
    #expect(try matches("a{2,}", "a aa aaa") == ["aa", "aaa"])
    #expect(try matches("a{1,2}b?", "aaab") == ["aa", "ab"])
    #expect(try matches("(a?b?){0,3}c", "ababc") == ["ababc"])
    #expect(try matches("(?:a*)*b", "aaab") == ["aaab"])
  }

  @Test func setsAndEscapes() throws {
    #expect(try matches(#"[^a-c\s]"#, "abc d\n-é") == ["d", "-", "é"])
    #expect(try matches(#"[\]\-x]+"#, "a]-x") == ["]-x"])
    #expect(try matches(#"\P{L}+"#, "aé1 漢!") == ["1 ", "!"])
    #expect(try matches(#"[\P{L}é]+"#, "aé1b") == ["é1"])
    #expect(try matches(#"(?i:'S)"#, "'s 'S 'ſ") == ["'s", "'S", "'ſ"])
    #expect(try matches(#"\s+(?!\S)"#, "a  b ") == [" ", " "])
  }

  @Test(arguments: [
    "(", ")", "[", "a**", "a+?", "{2}", "a{3,2}", "a{2000}", "(?<n>a)", "(?=ab)", #"\b"#,
    #"\p{Greek}"#,
    "[[a]]", "[b-a]", "(?i:[a])", "\\", "((((((((((((((((((a))))))))))))))))))", "a{999}{999}",
  ])
  func whatIsNotKnownIsRefused(_ expression: String) {
    #expect(throws: PatternError.self) { try Pattern(expression) }
  }

  /// These take a backtracking matcher exponential time, and any matcher that starts anew quadratic.
  @Test func noExpressionHangs() throws {
    let text = String(repeating: "a", count: 4_000)
    for expression in ["(a*)*b", "(a|a)*b", "(?:a?){20}a{20}b", "a*b|a"] {
      _ = try matches(expression, text)
    }
    let many = String(repeating: "a|", count: 500) + "b"
    #expect(try matches(many, "ba") == ["b", "a"])
  }
}
