import TestSupport
import Testing

@testable import Tasks

/// Laws that hold for any text whatever.
@Suite struct TokenizerPropertyTests {
  private static let samples = [
    "bert-tiny", "sst2-tiny", "tokenizers/xlm-roberta", "tokenizers/albert", "tokenizers/roberta",
  ]

  /// Scalars of all planes, most of them of scripts in use, some of them special tokens.
  private func randomText(_ generator: inout SeededGenerator) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0...40, using: &generator) {
      let reach: UInt32 = [0x80, 0x300, 0x3100, 0x11_0000].randomElement(using: &generator)!
      switch Int.random(in: 0..<12, using: &generator) {
      case 0: text += ["[MASK]", "<mask>", "</s>", "\r\n", "  "].randomElement(using: &generator)!
      case 1: text.unicodeScalars.append("\u{301}")
      default:
        let value = UInt32.random(in: 0..<reach, using: &generator)
        if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
      }
    }
    return text
  }

  @Test(arguments: samples)
  func rangesAreInOrderAndOfWholeScalars(_ sample: String) throws {
    let tokenizer = try Tokenizer(folder: Places.sample(sample))
    let seed: UInt64 = 7
    var generator = SeededGenerator(seed: seed)
    for round in 0..<600 {
      let text = randomText(&generator)
      let encoding = tokenizer.encode(text, limit: nil)
      var last = 0
      let bytes = Array(text.utf8)
      for range in encoding.ranges.compactMap({ $0 }) {
        #expect(range.lowerBound >= last, "seed \(seed), round \(round)")
        #expect(range.upperBound <= bytes.count, "seed \(seed), round \(round)")
        for edge in [range.lowerBound, range.upperBound] where edge < bytes.count {
          #expect(bytes[edge] & 0xC0 != 0x80, "seed \(seed), round \(round)")
        }
        last = range.lowerBound
      }
      let words = encoding.words.compactMap { $0 }
      #expect(words == words.sorted(), "seed \(seed), round \(round)")
      #expect(encoding.sequence.ids.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize })
    }
  }

  @Test(arguments: samples)
  func limitsAreKeptAndCounted(_ sample: String) throws {
    let tokenizer = try Tokenizer(folder: Places.sample(sample))
    let seed: UInt64 = 11
    var generator = SeededGenerator(seed: seed)
    for round in 0..<200 {
      let (first, second) = (randomText(&generator), randomText(&generator))
      let whole = tokenizer.encode(first, second, limit: nil).sequence.count
      for limit in [Int.min, -1, 0, 3, 5, 9, 17, Int.max] {
        let cut = tokenizer.encode(first, second, limit: limit)
        // Four special tokens at most, which stay.
        #expect(cut.sequence.count <= max(4, limit), "seed \(seed), round \(round)")
        #expect(cut.sequence.count + cut.truncated == whole, "seed \(seed), round \(round)")
      }
    }
  }

  @Test(arguments: samples)
  func windowsCoverTheSecondText(_ sample: String) throws {
    let tokenizer = try Tokenizer(folder: Places.sample(sample))
    let seed: UInt64 = 13
    var generator = SeededGenerator(seed: seed)
    for round in 0..<200 {
      let (first, second) = (randomText(&generator), randomText(&generator))
      let all = tokenizer.encode(second, limit: nil).ranges.count { $0 != nil }
      for (limit, stride) in [(0, 0), (5, 9), (12, 3), (24, 6), (Int.max, 4), (8, -1), (-5, 2)] {
        let windows = tokenizer.encode(first, windowsOf: second, limit: limit, stride: stride)
        #expect(!windows.isEmpty)
        #expect(windows.allSatisfy { $0.sequence.count <= max(4, limit) })
        if limit >= 12 { #expect(windows.count <= max(1, all), "seed \(seed), round \(round)") }
      }
    }
  }

  @Test func oneTokenizerServesManyTasksAtOnce() async throws {
    let tokenizer = try Tokenizer(folder: Places.sample("tokenizers/roberta"))
    let text = "the same words again and again, and others: 漢字 naïve"
    let expected = tokenizer.encode(text, limit: nil)
    await withTaskGroup(of: Bool.self) { group in
      for index in 0..<16 {
        group.addTask {
          (0..<50).allSatisfy {
            _ = tokenizer.encode("word\(index * 50 + $0)", limit: nil)
            return tokenizer.encode(text, limit: nil) == expected
          }
        }
      }
      for await isEqual in group { #expect(isEqual) }
    }
  }
}
