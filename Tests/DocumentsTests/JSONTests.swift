import Tensors
import TestSupport
import Testing

@testable import Documents

@Suite struct JSONTests {
  private func parse(_ text: String) throws -> JSON {
    try JSON.parse([UInt8](text.utf8), file: "test.json")
  }

  @Test func readsEveryKindOfValue() throws {
    let document = try parse(
      #"{"a": [1, -2.5, true, null, "x\u00e9\ud83d\ude00"], "b": {}, "a/b": 1e3}"#)
    #expect(document["a"]?.array?[0] == 1)
    #expect(document["a"]?.array?[1] == .number(-2.5))
    #expect(document["a"]?.array?[4].string == "xé😀")
    #expect(document["b"]?.members?.isEmpty == true)
    #expect(document["a/b"]?.number == 1000)
  }

  @Test(arguments: [
    "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "nul", "[NaN]", "[1] x", "\"\u{1}",
    "[Infinity]",
    "{\"a\": 92233720368547758080}", "/* */ 1",
  ])
  func refuses(_ text: String) {
    #expect(throws: Failure.self) { try parse(text) }
  }

  @Test func nestingHasALimit() {
    #expect(throws: Failure.self) {
      try parse(String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000))
    }
    #expect(throws: Never.self) {
      try parse(String(repeating: "[", count: 30) + String(repeating: "]", count: 30))
    }
  }

  @Test func invalidUTF8IsRefused() {
    #expect(throws: Failure.self) { try JSON.parse([0x22, 0xFF, 0x22], file: "x") }
    #expect(throws: Failure.self) { try JSON.parse([0x22, 0x00, 0x22], file: "x") }
  }

  @Test func writesWhatItReads() throws {
    let text = #"{"b":[1,2.5,"a/b\"c\n",null,true],"a":{},"tenth":0.1}"#
    #expect(try parse(text).text() == text)
    #expect(try parse(parse(text).text(pretty: true)) == parse(text))
  }

  @Test func damagedDocumentsNeverTrap() throws {
    let text =
      #"{"weight_map": {"a": "x-00001.safetensors", "b": [1, 2.5e3, "é😀", true]}, "c": null}"#
    let seed: UInt64 = 7
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<3000 {
      _ = try? JSON.parse(mutated([UInt8](text.utf8), using: &generator), file: "x")
    }
  }
}
