import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

@Suite struct PyTorchReadingTests {
  private let folder = try! TemporaryFolder()

  private func read(_ sample: String) throws -> Container {
    let path = Places.sample(sample)
    let format = try FormatList.recognize(path)
    #expect(format.name == "pytorch")
    return try format.read(path, options: ReadOptions())
  }

  private func message(_ bytes: [UInt8], _ name: String = "x.pt") throws -> String {
    let path = try folder.file(name, bytes)
    let failure = #expect(throws: Failure.self) {
      _ = try FormatList.recognize(path).read(path, options: ReadOptions())
    }
    #expect(failure?.place.file != nil)
    return failure?.description ?? ""
  }

  /// Types, strides, slices, repeated rows, shared memory, parameters, modules, shards: all as PyTorch sees them.
  @Test(arguments: [
    "bert-tiny.bin", "bert-tiny-old.bin", "kinds.pt", "kinds-old.pt", "training.pt", "parallel.pth",
    "parameters.pt", "module.pt", "list.pt", "tensor.pt", "malicious.pt",
    "sharded/pytorch_model.bin.index.json",
  ])
  func readsWhatPyTorchReads(_ file: String) throws {
    let name = "pytorch/\(file)"
    let golden = try ContainerGolden(name.replacing("/", with: "--"))
    #expect(try rows(of: read(name)) == golden.tensors)
  }

  @Test func tensorsOfOneMemoryAreTies() throws {
    let container = try read("pytorch/kinds.pt")
    let tie = container.diagnostics.filter { $0.code == .tie }
    #expect(tie.map(\.tensor) == ["again"])
    #expect(tie.first?.message == "is the same memory as 'whole'")
    #expect(container.tensors.first { $0.name == "again" }?.byteCount == 0)
  }

  @Test func optimizersAreLeftOutAndSaid() throws {
    let container = try read("pytorch/training.pt")
    let skipped = container.diagnostics.filter { $0.code == .skipped }
    #expect(skipped.map(\.message) == ["12 tensors of 'optimizer_state_dict' are left out"])
  }

  /// Parts of strided tensors are those of the whole.
  @Test func partsAreThoseOfTheWhole() throws {
    for tensor in try read("pytorch/kinds.pt").tensors.map(\.tensor) {
      let whole = try tensor.withBytes { Array($0) }
      for start in stride(from: 0, to: whole.count, by: 5) {
        let end = min(start + 7, whole.count)
        #expect(try tensor.source.withBytes(start..<end) { Array($0) } == Array(whole[start..<end]))
      }
    }
  }

  @Test func refusesWhatIsNoCheckpoint() throws {
    func pickled(_ build: (inout PickleEncoder) -> Void) -> [UInt8] {
      var pickle = PickleEncoder()
      build(&pickle)
      return archive(pickle.bytes + [PickleOpcode.stop.rawValue])
    }
    let arguments = PickleGlobal(
      module: "transformers.training_args", name: "TrainingArguments")
    let object = try message(
      pickled {
        $0.write(arguments)
        $0.write(PickleOpcode.emptyTuple)
        $0.write(PickleOpcode.newObject)
      }, "training_args.bin")
    #expect(
      object.contains("class 'transformers.training_args.TrainingArguments', not a checkpoint"))
    #expect(try message(pickled { $0.write(3) }).contains("holds no tensors: it is a single value"))
    let script = ZipFixture([
      .init(name: "m/data.pkl", bytes: [0x80, 2, 0x7D, 0x2E]),
      .init(name: "m/constants.pkl", bytes: [1]),
    ])
    #expect(try message(script.bytes).contains("is a TorchScript archive"))
    let other = ZipFixture([.init(name: "m/version", bytes: [1])])
    #expect(try message(other.bytes).contains("without PyTorch's data.pkl"))
    let order = ZipFixture([
      .init(name: "m/data.pkl", bytes: [0x80, 2, 0x7D, 0x2E]),
      .init(name: "m/byteorder", bytes: Array("middle".utf8)),
    ])
    #expect(try message(order.bytes).contains("unknown byte order 'middle'"))
  }

  /// What would run a command in Python is a name here.
  @Test func maliciousPicklesStayInert() throws {
    var pickle = PickleEncoder()
    pickle.write(.mark)
    pickle.write("weight")
    pickle.write(PickleGlobal(module: "posix", name: "system"))
    pickle.write("echo pwned")
    pickle.write(.tuple1)
    pickle.write(.reduce)
    pickle.write(.dictionary)
    pickle.write(.stop)
    let nothing = try message(archive(pickle.bytes))
    #expect(nothing.contains("holds no tensors"))

    let container = try read("pytorch/malicious.pt")
    #expect(container.tensors.map(\.name) == ["weight"])
    let warnings = container.diagnostics.filter { $0.code == .inertGlobal }
    #expect(
      warnings.map(\.message)
        == ["the pickle would call 'posix.system'; nothing of it is ever run here"])

    guard let folder = Places.shared("fixtures/pytorch") else {
      return print("skipped: ../shared/fixtures is absent")
    }
    let bypass = #expect(throws: Failure.self) {
      _ = try PyTorchFormat().read("\(folder)/pytorch_magic_bypass.pt", options: ReadOptions())
    }
    #expect(bypass?.description.contains("__builtin__.eval") == true)
  }

  @Test func viewsOutsideTheirStorageAreRefused() throws {
    func view(_ offset: Int, _ lengths: [Int], _ strides: [Int]) -> String {
      let storage = Tensor(.f32, [8], source: MemorySource([UInt8](repeating: 0, count: 32)))
      let failure = #expect(throws: Failure.self) {
        _ = try StridedView(offset: offset, lengths: lengths, strides: strides).tensor(of: storage)
      }
      return failure?.description ?? ""
    }
    #expect(view(1, [8], [1]) == "reaches to element 8 of a storage of 8")
    #expect(view(0, [3, 3], [3, 1]).contains("reaches to element 8"))
    #expect(view(-1, [2], [1]).contains("impossible shape"))
    #expect(view(0, [2], [-1]).contains("impossible shape"))
    #expect(view(0, [2], [1, 1]).contains("impossible shape"))
    #expect(view(0, [.max, 2], [1, 1]).contains("impossible shape"))
    #expect(view(0, [2, 2], [.max, .max]).contains("impossible shape"))
    #expect(view(0, [1 << 40], [0]).contains("refused as a decompression bomb"))
  }

  /// Fixtures of other projects, each with one oddity.
  @Test func readsTheFixturesOfOthers() throws {
    guard let folder = Places.shared("fixtures/pytorch") else {
      return print("skipped: ../shared/fixtures is absent")
    }
    func names(_ file: String) throws -> [String] {
      let path = "\(folder)/\(file)"
      let container = try FormatList.recognize(path).read(path, options: ReadOptions())
      for tensor in container.tensors { _ = try tensor.tensor.withBytes { $0.count } }
      return container.tensors.map(\.name).sorted()
    }
    #expect(try names("candle/test.pt") == ["test"])
    #expect(try names("burn/legacy_shared_storage.pt").count > 1)
    #expect(try names("burn/legacy_with_offsets.pt").count > 0)
    #expect(try names("burn/legacy_uncloned_views.pt").count > 1)
    #expect(try names("new_pytorch_model.bin") == ["tensor"])
    #expect(try names("pytorch_model.bin").contains("distilbert.embeddings.word_embeddings.weight"))
    #expect(try names("bert-xsmall/pytorch_model.bin").count > 20)
    let broken = #expect(throws: Failure.self) { try names("burn/broken.pt") }
    #expect(broken?.reason.outcome == .badInput)
  }

  private func archive(_ pickle: [UInt8]) -> [UInt8] {
    ZipFixture([.init(name: "archive/data.pkl", bytes: pickle)]).bytes
  }
}
