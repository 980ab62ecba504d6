import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

/// Held against what TensorFlow reads from checkpoints that it wrote.
@Suite struct CheckpointReadingTests {
  private func read(_ path: String, _ access: FileAccess = .read) throws -> Container {
    try TensorFlowCheckpointFormat().read(path, options: ReadOptions(access: access))
  }

  @Test(arguments: CheckpointGolden.prefixes, FileAccess.allCases)
  func everyTensor(_ prefix: String, _ access: FileAccess) throws {
    let golden = try CheckpointGolden(prefix)
    let container = try read(CheckpointGolden.path(prefix), access)
    #expect(try rows(of: container) == golden.tensors.filter { $0.name != "quantized" })
    #expect(container.tensors.map(\.name) == container.tensors.map(\.name).sorted())
    let foreign = golden.strings.filter { !$0.hasPrefix("_CHECKPOINTABLE") }
    #expect(container.foreign.map(\.name).filter { $0 != "quantized" } == foreign)
    let describes = golden.strings.count > foreign.count
    #expect(container.diagnostics.map(\.code) == (describes ? [.skipped] : []))
  }

  @Test func strangeTypesAreNamed() throws {
    let container = try read(CheckpointGolden.path("types/all"))
    #expect(
      container.foreign == [
        ForeignTensor(name: "quantized", type: "qint8", shape: [2, 3], byteCount: 6),
        ForeignTensor(name: "string", type: "string", shape: [2], byteCount: 11),
      ])
  }

  @Test func filesAreTheIndexAndWhatItNames() throws {
    let prefix = CheckpointGolden.path("sharded/model.ckpt")
    let container = try read(prefix)
    let files = [
      "\(prefix).index", "\(prefix).data-00000-of-00002", "\(prefix).data-00001-of-00002",
    ]
    #expect(container.files == files)
    #expect(try container.byteCount == files.reduce(0) { try $0 + bytes(of: $1).count })
  }

  @Test(arguments: ["", ".index", ".data-00000-of-00001", ".meta"])
  func anyOfItsFilesNamesIt(_ ending: String) throws {
    let folder = try TemporaryFolder()
    for part in [".index", ".data-00000-of-00001"] {
      _ = try folder.file(
        "x.ckpt\(part)", bytes(of: CheckpointGolden.path("google/bert_model.ckpt\(part)")))
    }
    let path = try folder.file("x.ckpt\(ending)", ending == ".meta" ? [10, 0] : nil)
    #expect(try read(path).files.first == "\(folder.path)/x.ckpt.index")
    let format = TensorFlowCheckpointFormat()
    #expect(try format.resolve(path) == (ending == ".index" ? nil : "\(folder.path)/x.ckpt.index"))
  }

  @Test func aFolderSaysWhichIsTheLatest() throws {
    let format = TensorFlowCheckpointFormat()
    let latest = CheckpointGolden.path("classifier/model.ckpt-343.index")
    #expect(try format.resolve(CheckpointGolden.path("classifier")) == latest)
    #expect(try format.resolve(CheckpointGolden.path("google")) == nil)
    let folder = try TemporaryFolder()
    for text in ["", "model_checkpoint_path", "model_checkpoint_path: \"", "\"\"\n\u{0}", "\"x\""] {
      _ = try folder.file("checkpoint", [UInt8](text.utf8))
      #expect(try format.resolve(folder.path) == nil)
    }
    _ = try folder.file("checkpoint", [UInt8]("model_checkpoint_path: \"../../x\"\r\n".utf8))
    #expect(try format.resolve(folder.path) == nil)
    _ = try folder.file("x.index", [])
    #expect(try format.resolve(folder.path) == "\(folder.path)/x.index")
  }

  @Test func isRecognized() throws {
    #expect(
      try FormatList.recognize(CheckpointGolden.path("google/bert_model.ckpt.index")).name
        == "tf-checkpoint")
    let folder = try TemporaryFolder()
    let index = try bytes(of: CheckpointGolden.path("types/big-endian.index"))
    #expect(try FormatList.recognize(folder.file("whatever", index)).name == "tf-checkpoint")
    let compressed = try bytes(of: CheckpointGolden.path("partitioned/compressed.index"))
    #expect(try FormatList.recognize(folder.file("x.index", compressed)).name == "tf-checkpoint")
  }

  /// TensorFlow compresses the blocks of these.
  @Test func theFirstVersionIsRefusedByName() throws {
    let path = CheckpointGolden.path("first-version/model.ckpt")
    #expect(try FormatList.recognize(path).name == "tf-checkpoint")
    let failure = #expect(throws: Failure.self) { try read(path) }
    #expect(failure?.reason.description.contains("first version") == true)
    #expect(failure?.reason.hint?.contains("SaverDef.V2") == true)
    var keys = 0
    try SortedTable(InputFile(path)).visitEntries { keys += $0.key.isEmpty ? 0 : 1 }
    #expect(keys == 4)
  }

  @Test func missingFilesAreNamed() throws {
    let folder = try TemporaryFolder()
    let index = try bytes(of: CheckpointGolden.path("sharded/model.ckpt.index"))
    let path = try folder.file("model.ckpt.index", index)
    _ = try folder.file("model.ckpt.data-00000-of-00002", [])
    let failure = #expect(throws: Failure.self) { try read(path) }
    #expect(failure?.description.contains("missing: model.ckpt.data-00001-of-00002") == true)
    let data = try folder.file("lone.ckpt.data-00000-of-00001", [1])
    let lone = #expect(throws: Failure.self) { try read(data) }
    #expect(lone?.description.contains("'lone.ckpt.index' is missing") == true)
  }

  @Test func itIsOnlyRead() throws {
    let format = TensorFlowCheckpointFormat()
    let container = try read(CheckpointGolden.path("types/all"))
    #expect(throws: Failure.self) {
      try format.plannedFiles(container, options: WriteOptions())
    }
    #expect(throws: Failure.self) { try format.check(WriteOptions(), .file("x.index")) }
  }
}
