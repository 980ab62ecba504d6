import Checkpoints
import Documents
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Formats

/// What is written reads back: the same storage, the same numbers.
@Suite struct CompressedTensorsWritingTests {
  private let format = CompressedTensorsFormat()
  private let folder = try! TemporaryFolder()

  /// Writes a container and its configuration, as a conversion does, and reads it back.
  private func rewritten(
    _ container: Container, _ options: WriteOptions = WriteOptions(threads: 2),
    configuration: JSON = .object([])
  ) throws -> (container: Container, settings: JSON) {
    let path = "\(folder.path)/\(UUID().uuidString)"
    let config = try format.configuration(configuration, for: container)
    let output = try OutputTransaction(.folder(path), replacing: false)
    try output.makeFile("config.json").write([UInt8](config.text(pretty: true).utf8), at: 0)
    try format.write(container, to: output, options: options)
    try output.commit()
    let names = format.folderNames.filter {
      FileManager.default.fileExists(atPath: "\(path)/\($0)")
    }
    let weights = "\(path)/\(try #require(names.first))"
    let reader = try FormatList.recognize(weights)
    return (
      try reader.read(weights, options: ReadOptions()), config["quantization_config"] ?? .null
    )
  }

  private func check(_ written: Container, against source: Container) throws {
    let tensors = Dictionary(uniqueKeysWithValues: written.tensors.map { ($0.name, $0) })
    #expect(written.tensors.count == source.tensors.count)
    for tensor in source.tensors {
      let found = try #require(tensors[tensor.name], "\(tensor.name)")
      #expect(found.storage?.description == tensor.storage?.description, "\(tensor.name)")
      #expect(found.tensor.elementType == tensor.tensor.elementType, "\(tensor.name)")
      #expect(found.tensor.shape == tensor.tensor.shape, "\(tensor.name)")
      #expect(try found.tensor.allBytes() == tensor.tensor.allBytes(), "\(tensor.name)")
    }
  }

  @Test(arguments: try CompressedSample.names()) func samplesComeBack(_ name: String) throws {
    var source = try CompressedSample(name).read()
    // What the format cannot hold is handed to it dense.
    source.tensors = source.tensors.map {
      format.holds($0.storage ?? .dense($0.tensor), of: $0.tensor.shape) ? $0 : $0.asDense
    }
    let (written, settings) = try rewritten(source)
    try check(written, against: source)
    let isSparse = source.tensors.contains { $0.storage?.kind == .sparse }
    let isComposed = source.tensors.contains { $0.storage != nil }
    #expect(settings["version"]?.string == (isComposed ? isSparse ? "0.14.0" : "0.18.0" : nil))
  }

  @Test func shardsHoldTheSame() throws {
    let source = try CompressedSample("bert-w4a16").read()
    let (written, _) = try rewritten(source, WriteOptions(shardSize: 6000, threads: 2))
    #expect(written.files.count > 3)
    try check(written, against: source)
  }

  @Test func theSameBytesWhateverTheThreads() throws {
    let source = try CompressedSample("bert-sparse-w8").read()
    let files = try [1, 4].map { threads in
      let path = "\(folder.path)/threads-\(threads)"
      let output = try OutputTransaction(.folder(path), replacing: false)
      try format.write(source, to: output, options: WriteOptions(threads: threads))
      try output.commit()
      return try bytes(of: "\(path)/model.safetensors")
    }
    #expect(files[0] == files[1])
    let planned = try format.plannedFiles(source, options: WriteOptions())
    #expect(planned.map(\.byteCount) == [files[0].count])
  }

  /// Masks of blocks hold their values block after block; files hold them row after row.
  @Test func masksOfBlocksAreWrittenByRows() throws {
    let kept: [UInt8] = [1, 0, 1, 0, 1, 1]
    let mask = Mask(
      kept: Tensor(.bool, [2, 3], source: MemorySource(kept)), denseShape: [4, 6], block: [2, 2])
    let values = Tensor((1...16).map(Float.init), [16])
    let source = Container(
      format: "x", files: [], byteCount: 0,
      tensors: [
        NamedTensor("a.weight", .sparse(mask: mask, values: .dense(values)), [4, 6], as: .f32)
      ])
    let (written, settings) = try rewritten(source)
    #expect(settings["sparsity_config"]?["format"]?.string == "sparse-bitmask")
    #expect(settings["sparsity_config"]?["targets"] == ["a"])
    #expect(settings["sparsity_config"]?["global_sparsity"]?.number == 0.3333)
    #expect(try written.tensors[0].tensor.floats() == source.tensors[0].tensor.floats())
    #expect(try written.tensors[0].tensor.floats().prefix(6) == [1, 2, 0, 0, 5, 6])
  }

  @Test func twoOfFourIsSaidOnlyWhereItHolds() throws {
    func container(_ rows: [[UInt8]]) -> Container {
      let tensors = rows.enumerated().map { index, kept in
        let count = kept.count { $0 != 0 }
        let mask = Mask(
          kept: Tensor(.bool, [1, kept.count], source: MemorySource(kept)),
          denseShape: [1, kept.count])
        let values = Tensor((0..<count).map(Float.init), [count])
        return NamedTensor(
          "m\(index).weight", .sparse(mask: mask, values: .dense(values)), [1, kept.count], as: .f32
        )
      }
      return Container(format: "x", files: [], byteCount: 0, tensors: tensors)
    }
    let fitting: [UInt8] = [1, 1, 0, 0, 0, 1, 0, 1]
    for (rows, name) in [
      ([fitting], "sparse-24-bitmask"), ([fitting, [1, 1, 1, 0, 0, 1, 0, 0]], "sparse-bitmask"),
      ([fitting, [1, 0, 0, 0]], "sparse-bitmask"), ([[1, 1, 0, 0, 1, 0]], "sparse-bitmask"),
    ] {
      let source = container(rows)
      let (written, settings) = try rewritten(source)
      #expect(settings["sparsity_config"]?["format"]?.string == name)
      try check(written, against: source)
    }
  }

  /// Every width, every way of sharing scales, both symmetries.
  @Test func uniformCodesOfEveryKindComeBack() throws {
    var generator = SeededGenerator(seed: 5)
    var tensors: [NamedTensor] = []
    let granularities: [(QuantizationScheme.Granularity, Int)] = [
      (.tensor, 1), (.axis(0), 6), (.group(4), 18), (.block(rows: 3, columns: 6), 4),
      (.group(12), 6),
    ]
    for bits in 2...8 {
      for (granularity, count) in granularities {
        for isSymmetric in [true, false] {
          tensors.append(
            named(
              "w\(tensors.count)", bits, granularity, count, isSymmetric: isSymmetric, &generator))
        }
      }
    }
    let source = Container(format: "x", files: [], byteCount: 0, tensors: tensors)
    #expect(tensors.allSatisfy { format.holds($0.storage!, of: $0.tensor.shape) })
    let (written, settings) = try rewritten(source)
    // A group as long as a row is written as a row.
    #expect(settings["config_groups"]?.members?.count == 7 * 4 * 2)
    #expect(settings["format"]?.string == "mixed-precision")
    let found = Dictionary(uniqueKeysWithValues: written.tensors.map { ($0.name, $0.tensor) })
    for tensor in tensors {
      #expect(try found[tensor.name]?.allBytes() == tensor.tensor.allBytes(), "\(tensor.name)")
    }
  }

  private func named(
    _ name: String, _ bits: Int, _ granularity: QuantizationScheme.Granularity, _ count: Int,
    isSymmetric: Bool, _ generator: inout SeededGenerator
  ) -> NamedTensor {
    func codes(_ count: Int) -> Tensor {
      let half = 1 << (bits - 1)
      let bytes = (0..<count).map { _ in
        UInt8(bitPattern: Int8(Int.random(in: -half..<half, using: &generator)))
      }
      return Tensor(.i8, [count], source: MemorySource(bytes))
    }
    let scales = (0..<count).map { _ in Float.random(in: 0.01...1, using: &generator) }
    let scheme = QuantizationScheme.uniform(
      bits: bits, granularity: granularity, scales: Tensor(scales, [count]),
      zeroPoints: isSymmetric ? nil : codes(count), groupIndex: nil)
    return NamedTensor(
      "\(name).weight", .quantized(codes: codes(72).reshaped([6, 12]), scheme: scheme), [6, 12],
      as: .f32)
  }

  @Test func whatItCannotHoldIsSaid() throws {
    var generator = SeededGenerator(seed: 6)
    let fine = named("a", 4, .axis(0), 6, isSymmetric: true, &generator)
    let storage = try #require(fine.storage)
    #expect(format.holds(storage, of: [6, 12]))
    #expect(!format.holds(storage, of: [72]))
    #expect(!format.holds(.sum(storage, storage), of: [6, 12]))
    guard case .quantized(let codes, .uniform(_, _, let scales, _, _)) = storage else { return }
    let column = Tensor([Float](repeating: 1, count: 12), [12])
    let index = Tensor(.i32, [12], source: MemorySource([UInt8](repeating: 0, count: 48)))
    let unfit: [QuantizationScheme] = [
      .rowStep(steps: scales), .codebook(bits: 4, entries: scales),
      .uniform(bits: 9, granularity: .axis(0), scales: scales, zeroPoints: nil, groupIndex: nil),
      .uniform(bits: 4, granularity: .axis(1), scales: column, zeroPoints: nil, groupIndex: nil),
      .uniform(bits: 4, granularity: .group(5), scales: scales, zeroPoints: nil, groupIndex: nil),
      .uniform(
        bits: 4, granularity: .group(12), scales: scales, zeroPoints: nil, groupIndex: index),
    ]
    for scheme in unfit {
      #expect(!format.holds(.quantized(codes: codes, scheme: scheme), of: [6, 12]), "\(scheme)")
    }
  }

  @Test func aConfigurationLosesWhatNoLongerHolds() throws {
    let settings: JSON = [
      "model_type": "bert", "quantization_config": ["quant_method": "gptq"],
      "compression_config": ["format": "x"], "hidden_size": 3,
    ]
    #expect(format.plainConfiguration(settings) == ["model_type": "bert", "hidden_size": 3])
    let dense = Container(
      format: "x", files: [], byteCount: 0, tensors: [NamedTensor("a.weight", Tensor([1], [1]))])
    #expect(try format.configuration(["a": 1], for: dense) == ["a": 1])
  }

  @Test func onlyFoldersAreWritten() {
    let failure = #expect(throws: Failure.self) {
      try format.check(WriteOptions(), .file("x.safetensors"))
    }
    #expect(failure?.reason.outcome == .usage)
    #expect(throws: Never.self) { try format.check(WriteOptions(), .folder("x")) }
  }
}
