import Glibc
import Tensors
import TestSupport
import Testing

@testable import Tasks

@Suite struct TaskFolderTests {
  private let table = [UInt8]("sentence\tlabel\nfine\t1\n".utf8)

  @Test func splitsByName() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("train.tsv", table)
    _ = try folder.file("notes.md", [])
    #expect(
      message { try Task.read(folder.path) }
        == "\(folder.path): the folder has no dev.* or validation.*; it holds train.tsv")
    #expect(try Task.read(folder.path, split: "train").path.hasSuffix("/train.tsv"))
    _ = try folder.file("validation.tsv", table)
    #expect(try Task.read(folder.path).path.hasSuffix("/validation.tsv"))
    _ = try folder.file("dev.txt", table)
    #expect(try Task.read(folder.path).path.hasSuffix("/dev.txt"))
    #expect(try Task.read(folder.path + "/").path.hasSuffix("/dev.txt"))
    _ = try folder.file("dev.csv", table)
    #expect(
      message { try Task.read(folder.path) }.contains("is not clear: dev.csv, dev.txt"))
    #expect(
      message { try Task.read(folder.path, split: "test") }
        .contains("no test.*; it holds dev.csv, dev.txt, train.tsv, validation.tsv"))
  }

  @Test func aFileIsOneSplitWithTheDescriptionBesideIt() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("anything.tsv", table)
    #expect(try Task.read(path).labels == nil)
    let description = try folder.file("task.yaml", [UInt8]("labels: [a, b]".utf8))
    #expect(try Task.read(path).labels == ["a", "b"])
    let failure = #expect(throws: Failure.self) { try Task.read(path, split: "dev") }
    #expect(failure?.reason.outcome == .usage)
    #expect(
      message { try Task.read(description) }.contains("the folder has no dev.* or validation.*"))
    _ = try folder.file("dev.tsv", table)
    #expect(try Task.read(description).labels == ["a", "b"])
  }

  @Test func nothingThere() throws {
    let folder = try TemporaryFolder()
    #expect(message { try Task.read(folder.path) }.contains("it holds no file that ends with .tsv"))
    #expect(message { try Task.read(folder.path + "/none") }.contains("cannot be opened"))
    let empty = try folder.file("dev.tsv", [])
    #expect(message { try Task.read(empty) } == "\(empty): holds no examples")
  }

  @Test func filesThatAreNoText() throws {
    let folder = try TemporaryFolder()
    let wide = try folder.file("dev.tsv", [0xFF, 0xFE, 0x61, 0x00])
    let failure = #expect(throws: Failure.self) { try Task.read(wide) }
    #expect(failure?.reason.hint?.contains("iconv") == true)
    let huge = try folder.file("huge.tsv", [])
    #expect(truncate(huge, 1 << 42) == 0)
    #expect(message { try Task.read(huge) }.contains("is too large for a task"))
  }

  @Test func invalidUTF8IsReplacedAndCounted() throws {
    let folder = try TemporaryFolder()
    let bytes =
      [0xEF, 0xBB, 0xBF] + [UInt8]("sentence\tlabel\r\nna\u{FFFD}ve ".utf8)
      + [0xC3, 0x09] + [UInt8]("1\r\n".utf8) + [0xFF, 0x61, 0xF0, 0x9F, 0x98]
      + [UInt8]("\t0\r\n".utf8)
    let task = try Task.read(folder.file("dev.tsv", bytes))
    #expect(task.texts == ["na\u{FFFD}ve \u{FFFD}", "\u{FFFD}a\u{FFFD}"])
    #expect(task.golds == [.label("1"), .label("0")])
    #expect(task.notes.replacedSequences == 3)
    #expect(task.notes.lines == ["3 invalid UTF-8 sequences replaced by U+FFFD"])
  }
}
