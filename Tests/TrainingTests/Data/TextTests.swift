import Encoders
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct TextTests {
  private let tokenizer = try! Tokenizer(folder: Places.sample("sst2-tiny"))
  private let folder = try! TemporaryFolder()

  private func file(_ text: String) throws -> String {
    try folder.file("text.txt", Array(text.utf8))
  }

  @Test func readsLinesOfAnyFile() throws {
    // Long enough for several pieces, with a line across each border.
    let words = (0..<120_000).map { "line \($0) é" }
    var text = "\u{FEFF}" + words.joined(separator: "\n") + "\r\n\n  \t\r\nlast"
    text += "\r"
    var file = try TextFile(file(text))
    var lines: [String] = []
    while case let some = try file.next(1000), !some.isEmpty { lines += some }
    #expect(lines == words + ["last"])
  }

  @Test func replacesWhatIsNotUTF8AndRefusesUTF16() throws {
    var file = try TextFile(folder.file("bad.txt", [0x61, 0xFF, 0x62, 0x0A]))
    #expect(try file.next(5) == ["a\u{FFFD}b"])
    let path = try folder.file("utf16.txt", [0xFF, 0xFE, 0x61, 0x00])
    let failure = try #require(throws: Failure.self) { try TextFile(path) }
    #expect("\(failure)".hasSuffix("is UTF-16, but UTF-8 is expected"))
  }

  @Test func refusesEndlessLines() throws {
    let long = [UInt8](repeating: 0x61, count: 3 << 20)
    var file = try TextFile(folder.file("long.txt", Array("one\n".utf8) + long))
    #expect(try file.next(1) == ["one"])
    let failure = try #require(throws: Failure.self) { try file.next(1) }
    #expect("\(failure)".hasSuffix("line 2 has more than 1048576 bytes"))
  }

  @Test func transferTextIsCutToTheLimit() throws {
    let path = try file("a fine film\n\n" + String(repeating: "dull ", count: 40) + "\n")
    let found = try TrainingExamples(
      transferText: path, tokenizer, limit: 12, threads: 2)
    #expect(found.count == 2 && found.truncated == 1 && found.targets == .none)
    #expect(found.sequences[0] == tokenizer.encode("a fine film", limit: nil).sequence)
    #expect(found.sequences[1].count == 12)
    #expect(found.batch([0], epoch: 0, seed: 0).targets == .none)
    for empty in ["", "\n \n\r\n"] {
      let path = try file(empty)
      let failure = try #require(throws: Failure.self) {
        try TrainingExamples(transferText: path, tokenizer, limit: 12, threads: 2)
      }
      #expect(
        "\(failure)" == "\(path): holds no text: lines of text are expected, but all are empty")
    }
  }

  @Test func maskedTextKeepsAllOfALine() throws {
    let line = (0..<40).map { "word\($0)" }.joined(separator: " ")
    let whole = tokenizer.encode(line, limit: nil).sequence.ids
    let found = try TrainingExamples(
      maskedText: file(line), tokenizer, limit: 20, threads: 1)
    #expect(found.count > 1)
    let pieces = (0..<found.count).map { found.sequences[$0].ids }
    #expect(
      pieces.allSatisfy { $0.count <= 20 && $0.first == whole.first && $0.last == whole.last })
    #expect(pieces.flatMap { $0.dropFirst().dropLast() } == Array(whole.dropFirst().dropLast()))
  }

  @Test func masksAsPublished() throws {
    let masking = try TokenMasking(tokenizer)
    let special = [tokenizer.specialTokens.cls!, tokenizer.specialTokens.sep!]
    let mask = tokenizer.specialTokens.mask!
    let text = TokenSequence(
      ids: [special[0]] + [Int32](repeating: 1234, count: 100) + [special[1]])
    var (masked, kept, other, total) = (0, 0, 0, 0)
    for example in 0..<400 {
      var generator = KeyedGenerator(1, 0, UInt64(example))
      var sequence = text
      let targets = masking.mask(&sequence, &generator)
      #expect(targets.count { $0 != Targets.ignored } == 15)
      for (place, target) in targets.enumerated() {
        guard target != Targets.ignored else {
          #expect(sequence.ids[place] == text.ids[place])
          continue
        }
        #expect(target == 1234)
        total += 1
        switch sequence.ids[place] {
        case mask: masked += 1
        case 1234: kept += 1
        default: other += 1
        }
        #expect(!special.contains(sequence.ids[place]))
      }
    }
    // Within four standard deviations.
    #expect(abs(Double(masked) / Double(total) - 0.8) < 0.021)
    #expect(abs(Double(kept) / Double(total) - 0.1) < 0.016)
    #expect(abs(Double(other) / Double(total) - 0.1) < 0.016)
    var generator = KeyedGenerator(1)
    var one = TokenSequence(ids: [special[0], 1234, special[1]])
    #expect(masking.mask(&one, &generator) == [-100, 1234, -100])
    var none = TokenSequence(ids: special)
    #expect(masking.mask(&none, &generator) == [-100, -100])
  }

  @Test func masksAnewInEachEpochWhateverCameBefore() throws {
    let lines = (0..<20).map { "a line with number \($0) and some more words to hide" }
    let found = try TrainingExamples(
      maskedText: file(lines.joined(separator: "\n")), tokenizer, limit: 64, threads: 1)
    let together = found.batch([4, 9], epoch: 1, seed: 3)
    let alone = found.batch([9], epoch: 1, seed: 3)
    #expect(together.sequences[1] == alone.sequences[0])
    #expect(found.batch([9], epoch: 2, seed: 3).targets != alone.targets)
    #expect(found.batch([9], epoch: 1, seed: 4).targets != alone.targets)
  }

  @Test func needsAMask() throws {
    _ = try folder.file("vocab.txt", Array("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n".utf8))
    let without = try Tokenizer(folder: folder.path)
    try #require(without.specialTokens.mask == nil)
    let failure = try #require(throws: Failure.self) { try TokenMasking(without) }
    #expect("\(failure)".hasPrefix("masked-language modelling needs a mask token"))
  }
}
