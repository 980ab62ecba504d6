import Documents
import Foundation
import TestSupport
import Testing

@testable import Tasks

/// Damaged files, and every scalar of Unicode: more of both with PARE_FUZZ.
@Suite struct TokenizerFuzzTests {
  @Test(arguments: [
    "bert-tiny", "tokenizers/albert", "tokenizers/roberta", "tokenizers/xlm-roberta",
  ])
  func damagedFilesNeverTrap(_ sample: String) throws {
    let path = Places.sample(sample)
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
      .filter { $0.hasSuffix(".json") || $0.hasSuffix(".txt") }
    let wanted = ProcessInfo.processInfo.environment["PARE_FUZZ"].flatMap { Int($0) } ?? 300
    // Half a megabyte takes its time.
    let rounds = sample.hasSuffix("xlm-roberta") ? wanted / 20 : wanted
    let seed: UInt64 = 42
    var generator = SeededGenerator(seed: seed)
    let texts = ["", "a b, [MASK]é", "unbelievable 漢字 don't\u{301}", "<mask> \u{0}\u{FFFD}👍🏽"]
    for _ in 0..<rounds {
      let folder = try TemporaryFolder()
      let target = names.randomElement(using: &generator)
      for name in names {
        let original = try bytes(of: "\(path)/\(name)")
        let damaged = name == target ? mutated(original, using: &generator) : original
        _ = try folder.file(name, damaged)
      }
      guard let tokenizer = try? Tokenizer(folder: folder.path) else { continue }
      for text in texts {
        _ = tokenizer.encode(text, "pair", limit: 8)
        _ = tokenizer.encode(words: [text, "x"], limit: nil)
        _ = tokenizer.encode("q", windowsOf: text, limit: 6, stride: 1)
      }
    }
  }

  /// Scalars alone, behind a letter and before a mark: with PARE_FUZZ all 1,112,064, without it those
  /// of the scripts most in use and a few of the rest.
  @Test(arguments: [
    "bert-base-uncased", "bert-base-cased", "roberta-base", "xlm-roberta", "albert",
  ])
  func encodesScalarsAsTheGenuineLibrary(_ name: String) throws {
    guard let tokenizer = try GoldenHashes.tokenizer(name) else { return }
    let golden = try GoldenHashes()
    let hashes = try #require(golden.document["scalars"]?[name]?.string).split(separator: " ")
    #expect(hashes.count == 272)
    let isWhole = ProcessInfo.processInfo.environment["PARE_FUZZ"] != nil
    let inUse: Set = [0, 1, 2, 10, 15, 16, 29, 31, 224]
    for (group, hash) in hashes.enumerated()
    where isWhole || inUse.contains(group) || group % 32 == 12 {
      var state: UInt64 = 0
      for block in group * 16..<group * 16 + 16 {
        for text in Self.texts(block) {
          GoldenHashes.mix(&state, tokenizer.encode(text, limit: nil))
        }
      }
      #expect(
        GoldenHashes.text(state) == hash,
        "\(name): scalars from U+\(String(group * 4096, radix: 16))")
    }
  }

  private static func texts(_ block: Int) -> [String] {
    let scalars = (block * 256..<block * 256 + 256).compactMap { Unicode.Scalar(UInt32($0)) }
    var texts = ["", "", ""]
    for (index, scalar) in scalars.enumerated() {
      if index > 0 { texts[0].unicodeScalars.append(" ") }
      texts[0].unicodeScalars.append(scalar)
      texts[1].unicodeScalars.append(contentsOf: ["a", scalar])
      texts[2].unicodeScalars.append(contentsOf: [scalar, "\u{301}"])
    }
    return texts
  }
}
