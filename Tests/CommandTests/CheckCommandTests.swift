import Foundation
import TestSupport
import Testing

@Suite struct CheckCommandTests {
  private let folder = try! TemporaryFolder()

  private func safetensors(
    _ name: String, _ entries: [(name: String, type: String, shape: String, bytes: [UInt8])]
  ) throws -> String {
    var offset = 0
    let members = entries.map { entry in
      defer { offset += entry.bytes.count }
      return
        #""\#(entry.name)":{"dtype":"\#(entry.type)","shape":\#(entry.shape),"data_offsets":[\#(offset),\#(offset + entry.bytes.count)]}"#
    }
    let header = Array("{\(members.joined(separator: ","))}".utf8)
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
    return try folder.file(name, length + header + entries.flatMap(\.bytes))
  }

  private func floats(_ values: [Float]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

  @Test(arguments: ["bert-tiny", "sst2-tiny", "bert-tiny-tf", "heads/token-classification"])
  func soundModelsPass(_ sample: String) throws {
    let result = try pare("check", "samples/\(sample)", "--strict")
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains("no errors, no warnings"))
  }

  @Test func findsWhatIsOddAboutValues() throws {
    let path = try safetensors(
      "odd.safetensors",
      [
        ("nan", "F32", "[2]", floats([.nan, 1])), ("inf", "F32", "[3]", floats([.infinity, 1, 2])),
        ("rows", "F32", "[3,2]", floats([0, 0, 1, 2, 0, 0])),
        ("same", "F32", "[2,2]", floats([3, 3, 3, 3])), ("bias", "F32", "[2]", floats([0, 0])),
        ("truth", "BOOL", "[3]", [0, 1, 7]),
      ])
    let result = try pare("check", path)
    #expect(result.status == 1)
    for line in [
      "error: nan: 1 of 2 values are NaN", "error: inf: 1 of 3 values are infinite",
      "warning: rows: 2 of 3 rows are all zeros", "warning: same: every value is 3.000",
      "note: bias: every value is 0", "warning: truth: 1 of 3 booleans are neither 0 nor 1",
    ] { #expect(result.output.contains(line), "\(line)") }
  }

  @Test func warningsCountWhenStrict() throws {
    let path = try safetensors("w.safetensors", [("w", "F32", "[2,1]", floats([0, 1]))])
    #expect(try pare("check", path).status == 0)
    #expect(try pare("check", path, "--strict").status == 1)
  }

  @Test func damagedMembersOfArchives() throws {
    var bytes = try bytes(of: Places.sample("pytorch/bert-tiny.bin"))
    bytes[20000] ^= 0x55
    let path = try folder.file("damaged.bin", bytes)
    let result = try pare("check", path, "--quiet")
    #expect(result.status == 1 && result.output.contains("the checksum of 'bert-tiny/data/"))
    #expect(try pare("check", "samples/pytorch/bert-tiny.bin").status == 0)
  }

  @Test func vocabularyOfAnotherSize() throws {
    let copy = "\(folder.path)/copy"
    try FileManager.default.copyItem(atPath: Places.sample("bert-tiny"), toPath: copy)
    try FileManager.default.removeItem(atPath: "\(copy)/tokenizer.json")
    let vocabulary = try String(contentsOfFile: "\(copy)/vocab.txt", encoding: .utf8)
    try (vocabulary + "more\n").write(
      toFile: "\(copy)/vocab.txt", atomically: true, encoding: .utf8)
    let result = try pare("check", copy)
    #expect(result.status == 1)
    #expect(
      result.output.contains("error: the vocabulary has 41 tokens, the word embedding 40 rows"))
    try "{".write(toFile: "\(copy)/tokenizer_config.json", atomically: true, encoding: .utf8)
    #expect(try pare("check", copy).output.contains("tokenizer_config.json"))
  }

  @Test func anIndexThatMiscounts() throws {
    let copy = "\(folder.path)/shards"
    try FileManager.default.copyItem(atPath: Places.sample("bert-tiny-sharded"), toPath: copy)
    let path = "\(copy)/model.safetensors.index.json"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let changed = text.replacing(try Regex("\"total_size\": [0-9]+"), with: "\"total_size\": 7")
    try changed.write(toFile: path, atomically: true, encoding: .utf8)
    let result = try pare("check", copy, "--strict")
    #expect(result.status == 1 && result.output.contains("the index says 7 bytes in all"))
  }

  @Test func unreadableFilesEndWithThree() throws {
    let path = try folder.file("x.safetensors", [1, 2, 3])
    #expect(try pare("check", path, "samples/bert-tiny").status == 3)
  }

  /// A name can neither forge a line nor command a terminal.
  @Test func namesInDigestsAreEscaped() throws {
    let path = try safetensors("e.safetensors", [("a\\n\\u001b[31mb", "U8", "[1]", [1])])
    let result = try pare("hash", path, "--tensors", "--quiet")
    #expect(result.output.hasPrefix("a\\u{a}\\u{1b}[31mb\tU8\t[1]\t"), "\(result.output)")
    #expect(try pare("hash", "samples/absent", "samples/bert-tiny", "--quiet").status == 3)
  }

  /// Whoever has the lines can work the digest out again.
  @Test func theDigestIsThatOfItsLines() throws {
    let output = try pare("hash", "samples/bert-tiny", "--tensors").output
    let lines = output.split(separator: "\n")
    let body = Array((lines.dropLast().joined(separator: "\n") + "\n").utf8)
    #expect(lines.last?.prefix(64) == body.withUnsafeBytes { sha256($0) }[...])
    #expect(lines.count == 47)
  }
}
