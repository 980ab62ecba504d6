import Checkpoints
import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Formats

/// Tells which tensors were asked for their bytes.
private final class Asked: Sendable {
  private let list = Mutex<[String]>([])
  var names: [String] { list.withLock { $0 } }
  func add(_ name: String) { list.withLock { $0.append(name) } }
}

private struct WatchedSource: TensorSource {
  struct Stop: Error {}

  let name: String
  let asked: Asked
  /// Stands for the end of the process.
  let stops: Bool
  let byteCount = 4096
  var pieceSize: Int { byteCount }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    asked.add(name)
    if stops { throw Stop() }
    return try [UInt8](repeating: name.utf8.first!, count: byteCount).withUnsafeBytes {
      try body(UnsafeRawBufferPointer(rebasing: $0[range]))
    }
  }
}

@Suite struct ResumingTests {
  private let folder = try! TemporaryFolder()

  private func container(_ asked: Asked, stoppingAt last: String? = nil) -> Container {
    let tensors = ["a", "b", "c", "d"].map { name in
      NamedTensor(
        name,
        Tensor(.u8, [4096], source: WatchedSource(name: name, asked: asked, stops: name == last)))
    }
    return Container(format: "safetensors", files: [], byteCount: 0, tensors: tensors)
  }

  /// Writes until a tensor stops it, and leaves what a killed process would: the staging folder.
  private func leaveRemains(of destination: Destination, fingerprint: String) throws {
    let aside = "\(folder.path)/aside"
    do {
      let output = try OutputTransaction(
        destination, replacing: false,
        journal: JournalRequest(fingerprint: fingerprint, resumes: false))
      var options = WriteOptions()
      options.journal = output.journal
      #expect(throws: (any Error).self) {
        try SafetensorsFormat().write(
          container(Asked(), stoppingAt: "c"), to: output, options: options)
      }
      try FileManager.default.copyItem(atPath: destination.partialPath, toPath: aside)
    }
    try FileManager.default.moveItem(atPath: aside, toPath: destination.partialPath)
  }

  private func resume(
    _ destination: Destination, fingerprint: String
  ) throws -> (asked: [String], resumed: Bool) {
    let asked = Asked()
    let output = try OutputTransaction(
      destination, replacing: false,
      journal: JournalRequest(fingerprint: fingerprint, resumes: true))
    var options = WriteOptions()
    options.journal = output.journal
    try SafetensorsFormat().write(container(asked), to: output, options: options)
    try output.commit()
    return (asked.names, output.hasResumed)
  }

  private func written(_ destination: Destination) throws -> [UInt8] {
    if case .folder(let path) = destination { return try bytes(of: "\(path)/model.safetensors") }
    return try bytes(of: destination.path)
  }

  @Test(arguments: [true, false])
  func whatIsFinishedIsNotDoneAgain(_ isFolder: Bool) throws {
    let path = "\(folder.path)/model"
    let destination = isFolder ? Destination.folder(path) : .file(path)
    try leaveRemains(of: destination, fingerprint: "one")
    let (asked, resumed) = try resume(destination, fingerprint: "one")
    #expect(asked == ["c", "d"] && resumed)
    let again = Destination.file("\(folder.path)/again")
    let (all, _) = try resume(again, fingerprint: "one")
    #expect(all == ["a", "b", "c", "d"])
    #expect(try written(destination) == written(again))
    #expect(try folder.names().filter { $0.hasPrefix(".") }.isEmpty)
    if isFolder { #expect(try folder.names("model") == ["model.safetensors"]) }
  }

  @Test func anotherRunsRemainsAreNotTakenUp() throws {
    let destination = Destination.file("\(folder.path)/model")
    try leaveRemains(of: destination, fingerprint: "one")
    let (asked, resumed) = try resume(destination, fingerprint: "two")
    #expect(asked == ["a", "b", "c", "d"] && !resumed)
  }

  @Test func damagedRemainsAreDoneAgain() throws {
    let destination = Destination.file("\(folder.path)/model")
    try leaveRemains(of: destination, fingerprint: "one")
    let names = try FileManager.default.contentsOfDirectory(atPath: destination.partialPath)
    let output = try #require(names.first { $0 != ".journal" })
    let path = "\(destination.partialPath)/\(output)"
    var data = try bytes(of: path)
    let start = data.indices.first { data[$0...].prefix(64).allSatisfy { $0 == UInt8(ascii: "b") } }
    let place = try #require(start)
    data[place] ^= 1
    try Data(data).write(to: URL(fileURLWithPath: path))
    let (asked, resumed) = try resume(destination, fingerprint: "one")
    #expect(asked == ["b", "c", "d"] && resumed)
    #expect(try written(destination).count { $0 == UInt8(ascii: "b") } >= 4096)
  }

  @Test func damagedJournalsNeverTrap() throws {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<40 {
      let destination = Destination.file("\(folder.path)/model")
      try leaveRemains(of: destination, fingerprint: "one")
      let path = "\(destination.partialPath)/.journal"
      try Data(mutated(try bytes(of: path), using: &generator)).write(
        to: URL(fileURLWithPath: path))
      _ = try resume(destination, fingerprint: "one")
      let file = try SafetensorsFormat().read(destination.path, options: ReadOptions())
      for tensor in file.tensors {
        let values = try tensor.tensor.allBytes()
        #expect(values.allSatisfy { $0 == tensor.name.utf8.first })
      }
      try FileManager.default.removeItem(atPath: destination.path)
    }
  }
}
