import Tensors
import TestSupport
import Testing

@testable import Tasks

@Suite struct PrefixPatternTests {
  @Test(arguments: [
    ("^[a-z]+:", "en:Sioux", "Sioux"), ("[a-z]+:", "en::", ":"), ("^[a-z]+:", "En:x", "En:x"),
    ("^[a-z]+:", "de-x:y", "de-x:y"), ("a*", "aaab", "b"), ("a?", "aab", "ab"), ("a+", "b", "b"),
    ("", "abc", "abc"), ("^", "abc", "abc"), ("abc", "abc", ""), ("abc", "ab", "ab"),
    (".", "éa", "a"), ("[^:]*:", "grün:x", "x"),
    ("[a\\-z]+", "-az.b", ".b"),
    ("[a-]+", "a-b", "b"), ("\\d+\\.", "12.x", "x"), ("\\w+\\s", "né_1 z", "z"), ("\\.", ".x", "x"),
    ("(en|de|fr):", "de:x", "x"), ("(?:en|de):", "en:x", "x"), ("(ab)+", "ababa", "a"),
    ("(a|ab)(c|bcd)", "abcde", "e"), ("a|ab", "abc", "bc"), ("ab|a", "abc", "c"),
    ("a{2}", "aaa", "a"), ("(a*)*b", "aaab", ""),
    ("x(y(z)?)*", "xyzyyzw", "w"), ("[:]+", "::x", "x"), ("#+", "##ing", "ing"),
  ])
  func stripsWhatMatchesAtTheFront(_ pattern: String, _ text: String, _ rest: String) throws {
    #expect(try PrefixPattern(pattern).strip(text) == rest)
  }

  @Test(arguments: [
    "[", "[a", "[z-a]", "(", "(a", ")", "a)", "*", "a**", "\\",
    "\\b",
    "\\p", String(repeating: "(", count: 100),
    String(repeating: "a", count: 65_000),
  ])
  func refuses(_ pattern: String) {
    let failure = #expect(throws: Failure.self) { try PrefixPattern(pattern) }
    #expect(failure?.reason.outcome == .usage)
  }

  @Test func takesTimeLinearInTheText() throws {
    let pattern = try PrefixPattern("(a*)*(a*)*(a|a|a)*a*a*a*a*a*b")
    let text = String(repeating: "a", count: 20_000)
    #expect(pattern.strip(text) == text)
    #expect(pattern.strip(text + "b") == "")
  }

  @Test func anyTextIsAPatternOrRefused() {
    let pieces = ["a", "[", "]", "(", ")", "|", "*", "+", "?", "\\", "-", "^", ".", "é", "d", ":"]
    let seed: UInt64 = 9
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<5000 {
      let count = Int.random(in: 0..<12, using: &generator)
      let text = (0..<count).map { _ in pieces.randomElement(using: &generator)! }.joined()
      guard let pattern = try? PrefixPattern(text) else { continue }
      #expect(text.hasSuffix("]") || pattern.strip("aé:-[").count <= 5, "seed \(seed): \(text)")
    }
  }
}
