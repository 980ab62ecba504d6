import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

@Suite struct PareRoundTripTests {
  private let workshop = PareWorkshop()

  /// Names, order, shapes, grammar, and the bytes of every part.
  @Test func whatIsReadIsWhatWasWritten() throws {
    let source = PareFixture().container
    let result = try workshop.read(workshop.write(source))
    #expect(result.tensors.map(\.name) == source.tensors.map(\.name))
    #expect(result.metadata.map(\.key) == source.metadata.map(\.key))
    #expect(result.metadata.map(\.value) == source.metadata.map(\.value))
    #expect(result.diagnostics.isEmpty && result.foreign.isEmpty)
    for (written, read) in zip(source.tensors, result.tensors) {
      #expect(written.tensor.shape == read.tensor.shape, "\(written.name)")
      #expect(written.tensor.elementType == read.tensor.elementType, "\(written.name)")
      #expect(written.storage?.description == read.storage?.description, "\(written.name)")
      let (left, right) = (written.heldStorage.tensors, read.heldStorage.tensors)
      #expect(left.map(\.shape) == right.map(\.shape), "\(written.name)")
      #expect(left.map(\.elementType) == right.map(\.elementType), "\(written.name)")
      for (left, right) in zip(left, right) {
        #expect(try left.allBytes() == right.allBytes(), "\(written.name)")
      }
    }
  }

  /// Masks keep their blocks and schemes their sizes: the dense values are the same.
  @Test func denseValuesAreTheSame() throws {
    let source = PareFixture().container
    let result = try workshop.read(workshop.write(source))
    for (written, read) in zip(source.tensors, result.tensors) where written.storage != nil {
      #expect(try written.tensor.allBytes() == read.tensor.allBytes(), "\(written.name)")
    }
  }

  /// Any range of bytes can be read alone, over the borders of chunks too.
  @Test func rangesAreReadAlone() throws {
    var fixture = PareFixture()
    let matrix = fixture.floats([700, 1024])
    let name = "matrix"
    let container = Container(
      format: "pare", files: [], byteCount: 0,
      tensors: fixture.tensors + [NamedTensor(name, matrix)])
    let result = try workshop.read(workshop.write(container))
    let read = try #require(result.tensors.last?.tensor)
    let whole = try matrix.allBytes()
    #expect(read.source.pieces.count > 2)
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<40 {
      let start = Int.random(in: 0..<whole.count, using: &generator)
      let end = min(whole.count, start + Int.random(in: 0..<2_000_000, using: &generator))
      let part = try read.source.withBytes(start..<end) { [UInt8]($0) }
      #expect(part == Array(whole[start..<end]))
    }
    #expect(
      try read.source.pieces.flatMap { try read.source.withBytes($0) { [UInt8]($0) } } == whole)
  }

  /// Only the bytes of a tensor, and the header, need be whole for it to be read.
  @Test func oneTensorIsReadAlone() throws {
    let source = PareFixture().container
    let path = try workshop.write(source)
    var damaged = try bytes(of: path)
    let kept = try #require(
      try SafetensorsFile(path, access: .read).tensors.first { $0.name == "sum" })
    let range = try #require(kept.tensor.source as? FileSource).range
    let header = 8 + damaged[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    for index in damaged.indices where index >= header && !range.contains(index) {
      damaged[index] ^= 0xA5
    }
    let result = try workshop.read(damaged)
    let before = Dictionary(uniqueKeysWithValues: source.tensors.map { ($0.name, $0.tensor) })
    for tensor in result.tensors where tensor.tensor.byteCount > 0 {
      if tensor.name == "sum" {
        #expect(try tensor.tensor.allBytes() == before["sum"]?.allBytes())
      } else {
        let failure = #expect(throws: Failure.self) { try tensor.tensor.allBytes() }
        #expect(failure?.description.contains("damaged") == true)
        #expect(failure?.place.offset != nil && failure?.place.file != nil)
        #expect(failure?.place.tensor == (tensor.name == "tied" ? "dense" : tensor.name))
      }
    }
  }

  @Test(arguments: [2, 3, 8])
  func threadsGiveTheSameBytes(_ threads: Int) throws {
    let container = PareFixture().container
    let one = try bytes(of: workshop.write(container, "one.pare.safetensors"))
    let several = try bytes(of: workshop.write(container, "n.pare.safetensors", threads: threads))
    #expect(one == several)
  }

  @Test func equalTensorsAreStoredOnce() throws {
    let path = try workshop.write(PareFixture().container)
    let stored = try SafetensorsFile(path, access: .read).tensors.map(\.name)
    #expect(!stored.contains("tied"))
    let tied = try #require(try workshop.read(path).tensors.first { $0.name == "tied" })
    #expect(tied.byteCount == 0)
  }

  /// What is written again is the same file, of the container's own parts.
  @Test func writingWhatWasReadGivesTheSameFile() throws {
    let first = try workshop.write(PareFixture().container, "first.pare.safetensors")
    let second = try workshop.write(try workshop.read(first), "second.pare.safetensors", threads: 2)
    #expect(try bytes(of: first) == bytes(of: second))
  }

  @Test func realModelsComeBack() throws {
    let sample = Places.sample("sst2-tiny/tf_model.h5")
    let source = try FormatList.recognize(sample).read(sample, options: ReadOptions())
    let path = try workshop.write(source, threads: 2)
    #expect(try bytes(of: path).count < source.byteCount * 9 / 10)
    for (written, read) in zip(source.tensors, try workshop.read(path).tensors) {
      #expect(written.name == read.name)
      #expect(try written.tensor.allBytes() == read.tensor.allBytes())
    }
  }

  /// By its content, whatever its name; and nothing else is.
  @Test func isRecognizedByItsContent() throws {
    let path = try workshop.write(PareFixture().container, "renamed.safetensors")
    #expect(try FormatList.recognize(path).name == "pare")
    #expect(
      try FormatList.recognize(Places.sample("bert-tiny/model.safetensors")).name == "safetensors")
    var long = PareFixture.few.container
    long.metadata = [("text", String(repeating: "x", count: 10_000))]
    let text = try bytes(of: workshop.write(long, "long.safetensors"))
    let shuffled = try PareAnatomy(text).bytes(after: long.metadata)
    let late = try workshop.folder.file("late.safetensors", shuffled)
    #expect(try FormatList.recognize(late).name == "pare")
    #expect(FormatList.forOutput("x.pare.safetensors")?.name == "pare")
    #expect(FormatList.forOutput("x.safetensors")?.name == "safetensors")
    let stored = safetensors(
      #"{"__metadata__":{"pare.recipe":"\"pare.version\":\"1\""},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
      data: 1)
    let plain = try workshop.folder.file("recipe.safetensors", stored)
    #expect(try FormatList.recognize(plain).name == "safetensors")
  }

  @Test func pipesAndNamesWithNULAreRefused() throws {
    let output = try OutputTransaction(.standardOutput, replacing: false)
    #expect(throws: Failure.self) {
      try workshop.format.write(PareFixture().container, to: output, options: WriteOptions())
    }
    var container = PareFixture().container
    container.tensors[0].name = "a\0b"
    #expect(throws: Failure.self) { try workshop.write(container) }
  }

  /// What is planned is near what is written, so that a full disk is found out before.
  @Test func plannedSizesAreNear() throws {
    let container = PareFixture().container
    let planned = try #require(
      try workshop.format.plannedFiles(container, options: WriteOptions()).first)
    let written = try bytes(of: workshop.write(container)).count
    #expect(planned.name == "model.pare.safetensors")
    #expect((written / 2..<written * 2).contains(planned.byteCount))
  }
}
