import Tensors
import TestSupport
import Testing

@testable import Documents

@Suite struct YAMLTests {
  private func parse(_ text: String) throws -> JSON {
    try YAML.parse([UInt8](text.utf8), file: "test.yaml")
  }

  private func message(_ text: String) -> String {
    do {
      return "no error, but \(try parse(text).text())"
    } catch {
      return "\(error)"
    }
  }

  @Test func readsBlockAndFlowCollections() throws {
    let document = try parse(
      """
      # settings
      kind: pair
      columns: {text: 4, label: "2"}
      labels: [negative, 'it''s', "tab\\t\\u00e9"]
      steps:
        - prune: 0.5
          only: encoder.*
        - |
          two
          lines
      empty:
      """)
    let expected: JSON = [
      "kind": "pair", "columns": ["text": 4, "label": "2"],
      "labels": ["negative", "it's", "tab\t\u{e9}"],
      "steps": [["prune": .number(0.5), "only": "encoder.*"], "two\nlines\n"], "empty": nil,
    ]
    #expect(document == expected)
  }

  @Test(
    arguments: [
      ("~", nil), ("null", nil), ("", nil), ("'null'", "null"), ("nULL", "nULL"),
      ("true", true), ("FALSE", false), ("yes", "yes"), ("no", "no"), ("on", "on"), ("y", "y"),
      ("0", 0), ("-12", -12), ("+7", 7), ("007", 7), ("0o17", 15), ("0xfF", 255), ("0o8", "0o8"),
      ("0x", "0x"), ("-0x1", "-0x1"), ("1_000", "1_000"), ("12:30", "12:30"), ("'12'", "12"),
      ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
      ("1.5", .number(1.5)), ("-.5", .number(-0.5)), ("3.", .number(3)), ("1e3", .number(1000)),
      ("1.E-2", .number(0.01)), (".e3", ".e3"), (".", "."), ("1e", "1e"),
      ("1e+", "1e+"), ("+-1", "+-1"), ("- -1", [-1]), ("1.2.3", "1.2.3"),
      ("2026-01-02", "2026-01-02"),
      ("inf", "inf"), ("nan", "nan"), ("infinity", "infinity"), ("0x1p3", "0x1p3"),
      ("!!str 12", "12"), ("!!int '12'", 12), ("!!float 2", .number(2)), ("! 12", "12"),
      ("!!map {a: 1}", ["a": 1]), ("!!seq [a]", ["a"]),
    ] as [(String, JSON)])
  func resolvesScalarsByTheCoreSchema(_ text: String, _ value: JSON) throws {
    #expect(try parse(text) == value)
  }

  @Test(arguments: [
    ("a: 1\nb: 2\na: 3\n", "test.yaml: line 3, column 1: the key 'a' appears twice"),
    ("a: &x 1\nb: *x\n", "line 2, column 4: the alias '*x' is not supported"),
    ("*x : 1\n", "the alias '*x' is not supported"),
    ("--- 1\n--- 2\n", "line 2, column 1: a second document begins"),
    ("a: 92233720368547758080", "line 1, column 4: the integer 92233720368547758080 is beyond"),
    ("0xFFFFFFFFFFFFFFFFF", "is beyond 64 bits"), ("1e999", "1e999 is not finite"),
    ("-.inf", "-.inf is not finite"), (".nan", "not finite"),
    ("[1, 2]: 3", "line 1, column 1: a key should be text"),
    ("a: !ruby/object {}", "line 1, column 4: the tag '!ruby/object' is not supported"),
    ("!!int x", "'x' is no value of the tag '!!int'"), ("!!map [1]", "the tag"),
    ("labels: [a, b\nmetric: f1\n", "line 2, column 7: is not valid YAML: "),
    ("a: b: c", "line 1, column 5: is not valid YAML: mapping values are not allowed"),
    ("a:\n\t- 1", "line 2, column 1: is not valid YAML: while scanning for the next token"),
    ("x: \u{1}", "control characters are not allowed"), ("'unclosed", "is not valid YAML"),
  ])
  func saysWhereAndWhatIsWrong(_ text: String, _ expected: String) {
    #expect(message(text).contains(expected), "\(message(text))")
  }

  @Test func invalidUTF8IsPlaced() {
    let failure = #expect(throws: Failure.self) {
      try YAML.parse([UInt8]("a: b\nc: é".utf8) + [0xFF], file: "x.yaml")
    }
    #expect(failure?.description.contains("x.yaml: line 2, column 5") == true)
  }

  @Test func encodingsWithMarks() throws {
    #expect(try YAML.parse([0xEF, 0xBB, 0xBF] + [UInt8]("a: é".utf8), file: "x") == ["a": "é"])
    let utf16 = Array("a: é".utf16).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    #expect(try YAML.parse([0xFF, 0xFE] + utf16, file: "x") == ["a": "é"])
  }

  @Test func nothingIsNull() throws {
    for text in ["", "\n", "# only a comment\n", "---\n", "---\n...\n"] {
      #expect(try parse(text) == .null, "\(text)")
    }
  }

  @Test(arguments: ["[", "- ", "{a: ", "? "])
  func nestingHasALimit(_ opening: String) throws {
    let deep = String(repeating: opening, count: 200_000)
    #expect(throws: Failure.self) { try parse(deep) }
    let brackets = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(throws: Never.self) { try parse(brackets) }
    #expect(message("[" + brackets + "]").contains("nests deeper than 64 levels"))
  }

  @Test func filesHaveALimit() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a.yaml", [UInt8]("a: 1".utf8))
    #expect(try YAML.read(path) == ["a": 1])
    #expect(throws: Failure.self) { try YAML.read(path, limit: 3) }
  }

  @Test func damagedDocumentsNeverTrap() throws {
    let text = """
      kind: pair   # comment
      columns: {text: sentence1, "text2": 'b', label: 0x1F}
      labels: [&a entailment, *a, !!str 12, ~, -1.5e3, é😀]
      text: >-
        folded
        lines
      steps:
        - a: |+
            kept

          ? complex
          : value
      %TAG ! tag:example.com,2000:
      ---
      ...
      """
    let seed: UInt64 = 11
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<5000 {
      let damaged = mutated([UInt8](text.utf8), using: &generator)
      do {
        _ = try YAML.parse(damaged, file: "x")
      } catch {
        #expect(error is Failure, "seed \(seed)")
      }
    }
  }
}
