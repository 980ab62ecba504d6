import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct OutputTransactionTests {
  private func write(
    _ text: String, to destination: Destination, replacing: Bool = false, name: String = "a"
  ) throws {
    let output = try OutputTransaction(destination, replacing: replacing)
    try output.makeFile(name).write([UInt8](text.utf8), at: 0)
    try output.commit()
  }

  @Test func nothingIsSeenBeforeTheCommit() throws {
    let folder = try TemporaryFolder()
    let output = try OutputTransaction(.file("\(folder.path)/out"), replacing: false)
    try output.makeFile("x").write([1, 2, 3], at: 0)
    #expect(try folder.names() == [".out.pare-partial"])
    try output.commit()
    #expect(try folder.names() == ["out"])
    #expect(try bytes(of: "\(folder.path)/out") == [1, 2, 3])
  }

  @Test func aDroppedOutputLeavesNothing() throws {
    let folder = try TemporaryFolder()
    do {
      let output = try OutputTransaction(.folder("\(folder.path)/model/"), replacing: false)
      try output.makeFile("x").write([1], at: 0)
    }
    #expect(try folder.names() == [])
  }

  @Test func nothingIsReplacedUnasked() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("out", [9])
    #expect(throws: Failure.self) { try write("new", to: .file(path)) }
    #expect(try bytes(of: path) == [9])
    try write("new", to: .file(path), replacing: true)
    #expect(try bytes(of: path) == [UInt8]("new".utf8))
  }

  @Test func anExistingFolderKeepsWhatIsNotReplaced() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("model/notes.txt", [7])
    _ = try folder.file("model/weights", [1])
    _ = try folder.file("model/weights-old", [2])
    let path = "\(folder.path)/model"
    #expect(throws: Failure.self) { try write("w", to: .folder(path), name: "weights") }
    #expect(try folder.names("model") == ["notes.txt", "weights", "weights-old"])
    let output = try OutputTransaction(.folder(path), replacing: true)
    try output.makeFile("weights").write([3], at: 0)
    try output.commit { $0.hasPrefix("weights") }
    #expect(try folder.names("model") == ["notes.txt", "weights"])
    #expect(try bytes(of: "\(path)/weights") == [3])
    #expect(try folder.names() == ["model"])
  }

  @Test func aStalePartialIsRemovedAndALiveOneRespected() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file(".out.pare-partial", [0])
    let path = "\(folder.path)/out"
    let output = try OutputTransaction(.file(path), replacing: false)
    try output.makeFile("x").write([1], at: 0)
    #expect(throws: Failure.self) { try OutputTransaction(.file(path), replacing: false) }
    try output.commit()
    #expect(try folder.names() == ["out"])
  }

  @Test func aMissingParentIsSaidBeforeTheWork() throws {
    let folder = try TemporaryFolder()
    let failure = #expect(throws: Failure.self) {
      try OutputTransaction(.file("\(folder.path)/no/out"), replacing: false)
    }
    #expect(failure?.reason.outcome == .outputNotWritten)
    #expect(failure?.description.contains("does not exist") == true)
  }
}
