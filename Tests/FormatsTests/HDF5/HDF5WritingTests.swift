import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

@Suite struct HDF5WritingTests {
  private let folder = try! TemporaryFolder()

  private func write(
    _ container: Container, _ format: any Format, _ name: String,
    _ options: WriteOptions = WriteOptions()
  ) throws -> String {
    let path = try folder.file(name)
    let output = try OutputTransaction(.file(path), replacing: true)
    try format.write(container, to: output, options: options)
    try output.commit()
    return path
  }

  private func read(_ path: String) throws -> Container {
    try FormatList.recognize(path).read(path, options: ReadOptions())
  }

  /// What a container holds, but for the files that it came from.
  private func expectSame(_ first: Container, _ second: Container) throws {
    #expect(second.tensors.map(\.name) == first.tensors.map(\.name))
    #expect(try rows(of: second) == rows(of: first))
    #expect(first.format == second.format && first.naming == second.naming)
    #expect(
      second.metadata.map { "\($0.key): \($0.value)" }.sorted()
        == first.metadata.map { "\($0.key): \($0.value)" }.sorted())
  }

  @Test(arguments: [
    "bert-tiny-tf/tf_model.h5", "keras-legacy/split-attributes.h5",
    "keras-legacy/split-layer-names.h5", "keras-legacy/whole-model-keras2.h5",
    "keras-legacy/whole-model-keras3.h5", "families/albert-pretraining/tf_model.h5",
  ])
  func layersComeBack(_ sample: String) throws {
    let original = try read(Places.sample(sample))
    let path = try write(original, TensorFlowHDF5Format(), "out.h5")
    let written = try read(path)
    try expectSame(original, written)
    #expect(written.diagnostics.isEmpty)
    let again = try write(written, TensorFlowHDF5Format(), "again.h5", WriteOptions(threads: 4))
    #expect(try bytes(of: again) == bytes(of: path))
  }

  @Test(arguments: [
    "keras-hub-preset/model.weights.h5", "keras-hub/backbone-bfloat16.weights.h5",
    "keras-hub/classifier-with-optimizer.weights.h5", "keras-hub/masked-lm.weights.h5",
  ])
  func variablesComeBack(_ sample: String) throws {
    let original = try read(Places.sample(sample))
    let written = try read(try write(original, Keras3Format(), "out.weights.h5"))
    try expectSame(original, written)
    #expect(written.diagnostics.isEmpty)
  }

  @Test(arguments: [nil, 1, 6, 9])
  func datasetsComeBack(_ level: Int?) throws {
    for sample in ["contiguous", "chunked", "big-endian", "user-block"] {
      let path = Places.sample("hdf5/\(sample).h5")
      var original = try HDF5Format().read(path, options: ReadOptions())
      original.metadata = [("größe", "層"), ("empty", "")]
      let options = WriteOptions(compressionLevel: level, threads: 3)
      let written = try write(original, HDF5Format(), "out.hdf5", options)
      var sorted = original
      sorted.tensors.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      try expectSame(sorted, try HDF5Format().read(written, options: ReadOptions()))
    }
  }

  /// Several chunks along one axis and along two, the last ones cut off; noise that does not
  /// shrink.
  @Test func chunksOfLargeTensors() throws {
    var generator = SeededGenerator(seed: 11)
    let shapes: [Shape] = [[700, 333], [3, 300_001], [2, 2, 70_001], [1_000_003]]
    var tensors = shapes.enumerated().map { index, shape in
      let noise = (0..<shape.elementCount).map { position in
        index % 2 == 0 ? UInt32(position / 100) : UInt32.random(in: 0...(.max), using: &generator)
      }
      let bytes = noise.withUnsafeBytes { [UInt8]($0) }
      return NamedTensor("t\(index)", Tensor(.u32, shape, source: MemorySource(bytes)))
    }
    let noise = (0..<70_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    tensors.append(NamedTensor("u8", Tensor(.u8, [70_000], source: MemorySource(noise))))
    tensors.append(NamedTensor("u8_half", Tensor(.f16, [35_000], source: MemorySource(noise))))
    let container = Container(format: "hdf5", files: [], byteCount: 0, tensors: tensors)
    var files: [[UInt8]] = []
    for threads in [1, 4] {
      let options = WriteOptions(compressionLevel: 1, threads: threads)
      let path = try write(container, HDF5Format(), "large-\(threads).hdf5", options)
      files.append(try bytes(of: path))
      let back = try HDF5Format().read(path, options: ReadOptions())
      for (ours, theirs) in zip(tensors, back.tensors) {
        #expect(theirs.tensor.source is ChunkedSource)
        let parts = try theirs.tensor.source.pieces.flatMap { range in
          try theirs.tensor.source.withBytes(range) { [UInt8]($0) }
        }
        #expect(try ours.tensor.allBytes() == parts, "\(ours.name)")
        #expect(try ours.tensor.allBytes() == theirs.tensor.allBytes(), "\(ours.name)")
      }
    }
    #expect(files[0] == files[1])
    #expect(files[0].count < container.tensors.reduce(0) { $0 + $1.tensor.byteCount })
  }

  @Test(arguments: ["tf-h5", "keras3", "hdf5"])
  func theSizeIsKnownBefore(_ name: String) throws {
    let format = try #require(FormatList.named(name))
    let sample = name == "keras3" ? "keras-hub-preset/model.weights.h5" : "bert-tiny-tf/tf_model.h5"
    let container = try read(Places.sample(sample))
    let planned = try format.plannedFiles(container, options: WriteOptions())
    let path = try write(container, format, "out")
    #expect(planned.map(\.byteCount) == [try bytes(of: path).count])
  }

  /// As Keras splits `weight_names` that an attribute cannot hold.
  @Test func longNamesAreSplit() throws {
    let tensors = (0..<301).map { index in
      let name = "layer/\(String(repeating: "x", count: 430))\(1000 + index)"
      return NamedTensor(name, Tensor([Float(index)], [1]))
    }
    let container = Container(
      format: "tf-h5", files: [], byteCount: 0, tensors: tensors, naming: .kerasLayers)
    let path = try write(container, TensorFlowHDF5Format(), "out.h5")
    let file = try HDF5File(path, access: .mmap)
    let attributes = file.structure.attributes(of: "layer")
    // 301 names of 434 bytes: three parts are the fewest of at most 64512 bytes.
    #expect(attributes.map(\.name) == ["weight_names0", "weight_names1", "weight_names2"])
    #expect(attributes.map(\.space) == [.simple([101]), .simple([100]), .simple([100])])
    #expect(try read(path).tensors.map(\.name) == tensors.map(\.name))
  }

  @Test func allTypesComeBack() throws {
    let types: [ElementType] = [
      .bool, .u8, .i8, .i16, .u16, .f16, .bf16, .i32, .u32, .f32, .f64, .i64, .u64,
    ]
    let tensors = types.map { type in
      let bytes = [UInt8](repeating: 1, count: 6 * type.bitWidth / 8)
      return NamedTensor("a/\(type.rawValue)", Tensor(type, [2, 3], source: MemorySource(bytes)))
    }
    let more = [
      NamedTensor("scalar", Tensor([2.5], [])), NamedTensor("none", Tensor([], [0, 4])),
    ]
    let container = Container(format: "hdf5", files: [], byteCount: 0, tensors: tensors + more)
    for level in [nil, 4] {
      let path = try write(
        container, HDF5Format(), "out.hdf5", WriteOptions(compressionLevel: level))
      let back = try HDF5Format().read(path, options: ReadOptions())
      #expect(try rows(of: back) == rows(of: container))
    }
  }

  @Test func refusesNamesThatAreNoPaths() throws {
    func message(_ names: [String], _ format: any Format = HDF5Format()) -> String? {
      let tensors = names.map { NamedTensor($0, Tensor([1], [1])) }
      let container = Container(format: "hdf5", files: [], byteCount: 0, tensors: tensors)
      let failure = #expect(throws: Failure.self) { try write(container, format, "out") }
      #expect(failure?.reason.outcome == .usage)
      return failure.map { "\($0)" }
    }
    #expect(
      message(["a", "a/b"])
        == "tensor 'a/b': HDF5 cannot have this name: 'a' would be a tensor and a group")
    #expect(message(["a", "a"])?.contains("two tensors would be written") == true)
    for name in ["", "/a", "a/", "a//b", "./a", "a/.", "a\0b"] {
      #expect(message([name])?.contains("must not be empty") == true, "\(name)")
    }
    #expect(message(["dense.bias"], TensorFlowHDF5Format())?.contains("names no layer") == true)
    let f8 = NamedTensor("a", Tensor(.f8e4m3, [1], source: MemorySource([0])))
    let container = Container(format: "hdf5", files: [], byteCount: 0, tensors: [f8])
    #expect(throws: Failure.self) { try write(container, HDF5Format(), "out") }
  }

  @Test func refusesWhatItCannotDo() throws {
    let container = Container(format: "hdf5", files: [], byteCount: 0, tensors: [])
    for format in [HDF5Format(), Keras3Format(), TensorFlowHDF5Format()] as [any Format] {
      let sharded = WriteOptions(shardSize: 100)
      #expect(throws: Failure.self) { try write(container, format, "out", sharded) }
      let output = try OutputTransaction(.standardOutput, replacing: false)
      #expect(throws: Failure.self) {
        try format.write(container, to: output, options: WriteOptions())
      }
    }
    let compressed = WriteOptions(compressionLevel: 6)
    #expect(throws: Failure.self) { try write(container, Keras3Format(), "out", compressed) }
  }

  /// A tensor whose bytes cannot be read leaves no file.
  @Test func failuresOfTensorsArePassedOn() throws {
    var sample = try bytes(of: Places.sample("hdf5/chunked.h5"))
    let file = try HDF5File(Places.sample("hdf5/chunked.h5"), access: .mmap)
    guard case .chunked(let table) = file.structure.dataset("fletcher32")?.storage else {
      Issue.record("not in chunks")
      return
    }
    sample[table.chunks[1].offset + 5] ^= 1
    let damaged = try HDF5Format().read(
      try folder.file("damaged.h5", sample), options: ReadOptions())
    let failure = #expect(throws: Failure.self) {
      try write(damaged, HDF5Format(), "out", WriteOptions(compressionLevel: 6, threads: 2))
    }
    #expect(failure?.place.tensor == "fletcher32" && failure?.reason.outcome == .badInput)
    #expect(failure.map { "\($0)" }?.contains("its checksum should be") == true)
    #expect(try folder.names() == ["damaged.h5"])
  }
}
