import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

@Suite struct PyTorchWritingTests {
  private let format = PyTorchFormat()
  private let folder = try! TemporaryFolder()

  private func write(
    _ container: Container, to destination: Destination, _ options: WriteOptions = WriteOptions()
  ) throws {
    let output = try OutputTransaction(destination, replacing: true)
    try format.write(container, to: output, options: options)
    try output.commit()
  }

  /// Every type and layout comes back; archives are whole, and the planned size is the real one.
  @Test(arguments: ["pytorch/kinds.pt", "pytorch/bert-tiny-old.bin"])
  func whatIsWrittenIsReadAgain(_ sample: String) throws {
    let source = try format.read(Places.sample(sample), options: ReadOptions())
    let path = try folder.file("out.pt")
    try write(source, to: .file(path), WriteOptions(threads: 3))
    let written = try bytes(of: path)
    #expect(try format.plannedFiles(source, options: WriteOptions())[0].byteCount == written.count)
    let again = try FormatList.recognize(path).read(path, options: ReadOptions())
    #expect(try rows(of: again) == rows(of: source))
    let archive = try ZipArchive(InputFile(path))
    for member in archive.members {
      _ = try archive.bytes(of: member, limit: 1 << 20)
      #expect(member.range.lowerBound % 64 == 0)
    }
    try write(source, to: .file(path), WriteOptions(threads: 1))
    #expect(try bytes(of: path) == written)
  }

  @Test func shardsHoldTheSame() throws {
    let source = try format.read(Places.sample("pytorch/bert-tiny.bin"), options: ReadOptions())
    let path = "\(folder.path)/shards"
    try write(source, to: .folder(path), WriteOptions(shardSize: 8000, threads: 2))
    let index = "\(path)/pytorch_model.bin.index.json"
    let again = try format.read(index, options: ReadOptions())
    #expect(again.files.count > 3)
    #expect(try rows(of: again) == rows(of: source))
  }

  @Test func refusesTypesThatPyTorchLacks() throws {
    let odd = NamedTensor("x", Tensor(.f6e2m3, [4], source: MemorySource([0, 0, 0])))
    let container = Container(format: "x", files: [], byteCount: 3, tensors: [odd])
    let failure = #expect(throws: Failure.self) {
      try write(container, to: .file("\(folder.path)/odd.pt"))
    }
    #expect(failure?.description.contains("cannot hold elements of type F6_E2M3") == true)
  }
}
