import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

/// Held against what h5py finds in files of h5py, TensorFlow and Keras.
@Suite struct HDF5ReadingTests {
  @Test func sha256Works() {
    #expect(
      Array("abc".utf8).withUnsafeBytes(sha256)
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test(arguments: ContainerGolden.names)
  func everyDataset(_ name: String) throws {
    let golden = try ContainerGolden(name)
    let container =
      golden.sample.hasSuffix(".keras")
      ? try KerasArchiveFormat().read(golden.path, options: ReadOptions())
      : try HDF5Format().read(golden.path, options: ReadOptions())
    let unknown = golden.sample == "hdf5/lzf.h5" ? ["lzf"] : []
    let expected = golden.tensors.filter { !unknown.contains($0.name) }.sorted { $0.name < $1.name }
    if name.hasPrefix("sst2") {
      #expect(container.tensors.map(\.name).sorted() == expected.map(\.name))
      let small = container.tensors.filter { $0.tensor.byteCount <= 1024 }
      #expect(try small.allSatisfy { expected.contains(try row(of: $0)) })
    } else {
      #expect(try rows(of: container) == expected)
    }
    #expect(container.foreign.map(\.name).sorted() == (golden.notTensors ?? unknown).sorted())
  }

  @Test(arguments: ContainerGolden.names.filter { !$0.hasPrefix("hdf5") && !$0.hasPrefix("sst2") })
  func everyModel(_ name: String) throws {
    let golden = try ContainerGolden(name)
    let format = try FormatList.recognize(golden.path)
    let container = try format.read(golden.path, options: ReadOptions(access: .read))
    if golden.sample.contains("tf_model-0") {
      #expect(container.format == "tf-h5" && container.naming == .flat)
      #expect(container.tensors.map(\.name) == golden.layerNames)
      #expect(try rows(of: container) == golden.tensors.sorted { $0.name < $1.name })
    } else if golden.layerNames != nil {
      #expect(container.format == "tf-h5" && container.naming == .kerasLayers)
      let isWhole = golden.tensors.contains { $0.name.hasPrefix("model_weights/") }
      let expected = golden.tensors.filter { !isWhole || $0.name.hasPrefix("model_weights/") }.map {
        var row = $0
        if isWhole { row.name = String(row.name.dropFirst("model_weights/".count)) }
        return row
      }
      #expect(try rows(of: container) == expected.sorted { $0.name < $1.name })
      #expect(container.metadata.contains { $0.key == "backend" && $0.value == "tensorflow" })
      #expect(container.diagnostics.map(\.code) == (isWhole ? [.skipped] : []))
    } else {
      #expect(container.format == (golden.sample.hasSuffix(".keras") ? "keras" : "keras3"))
      #expect(container.naming == .kerasPaths)
      #expect(try rows(of: container) == golden.tensors.sorted { $0.name < $1.name })
    }
  }

  /// Weights come in the order of the model, not in that of the file.
  @Test func ordersAsKerasDoes() throws {
    let container = try read("keras-legacy/split-layer-names.h5")
    #expect(
      container.tensors.map(\.name) == [
        "word_embeddings/word_embeddings/embeddings:0", "attention/attention/query/kernel:0",
        "attention/attention/query/bias:0", "attention/attention/key/kernel:0",
        "attention/attention/key/bias:0", "attention/attention/value/kernel:0",
        "attention/attention/value/bias:0", "attention/attention/attention_output/kernel:0",
        "attention/attention/attention_output/bias:0", "norm/norm/gamma:0", "norm/norm/beta:0",
        "feed_forward/up/kernel:0", "feed_forward/up/bias:0", "feed_forward/down/kernel:0",
        "feed_forward/down/bias:0", "classifier/classifier/kernel:0",
        "classifier/classifier/bias:0",
      ])
    #expect(
      container.metadata.last?.value
        == #"["tokens","word_embeddings","attention","residual","norm","mean","feed_forward","classifier"]"#
    )
  }

  @Test func wholeModelsKeepTheirConfiguration() throws {
    let container = try read("keras-legacy/whole-model-keras3.h5")
    #expect(container.metadata.map(\.key).contains("model_config"))
    #expect(container.diagnostics.count == 1)
  }

  @Test func shardsOfTensorFlow() throws {
    let container = try read("bert-tiny-tf-sharded/tf_model.h5.index.json")
    let goldens = try (1...3).flatMap {
      try ContainerGolden("bert-tiny-tf-sharded--tf_model-0000\($0)-of-00003.h5").tensors
    }
    #expect(try rows(of: container) == goldens.sorted { $0.name < $1.name })
    #expect(container.files.count == 4)
    #expect(container.naming == .flat && container.format == "tf-h5")
  }

  @Test func shardsOfKeras() throws {
    let container = try read("keras-hub/backbone-sharded.weights.json")
    let whole = try ContainerGolden("keras-hub--backbone.keras")
    #expect(try rows(of: container) == whole.tensors.sorted { $0.name < $1.name })
    #expect(container.naming == .kerasPaths && container.format == "keras3")
    #expect(container.diagnostics.isEmpty)
  }

  @Test func archivesKeepTheirConfiguration() throws {
    let container = try read("keras-hub/backbone.keras")
    #expect(Set(["config", "keras_version"]).isSubset(of: Set(container.metadata.map(\.key))))
    #expect(container.diagnostics.isEmpty)
  }

  @Test func unknownFiltersAreNamed() throws {
    #expect(try read("hdf5/lzf.h5").foreign.map(\.type) == ["float32 (filter lzf)"])
  }

  /// Parts of a dataset in chunks are the same bytes as the whole.
  @Test func partsOfChunkedDatasets() throws {
    for tensor in try read("hdf5/chunked.h5").tensors {
      let whole = try tensor.tensor.allBytes()
      for range in [
        0..<1, 3..<9, 7..<min(900, whole.count), (whole.count - 5)..<whole.count, 8..<8,
      ] {
        let part = try tensor.tensor.source.withBytes(range) { [UInt8]($0) }
        #expect(part == Array(whole[range]), "\(tensor.name) \(range)")
      }
    }
  }

  /// Whoever takes piece after piece gets everything once, though chunks are cut off at the ends.
  @Test func piecesOfChunkedDatasets() throws {
    let samples = try ["hdf5/chunked.h5", "hdf5/big-endian.h5"].map(read)
    for tensor in samples.flatMap(\.tensors) {
      let parts = try tensor.tensor.source.pieces.flatMap { range in
        try tensor.tensor.source.withBytes(range) { [UInt8]($0) }
      }
      #expect(try parts == tensor.tensor.allBytes(), "\(tensor.name)")
    }
  }

  @Test func partsOfBigEndianDatasets() throws {
    for tensor in try read("hdf5/big-endian.h5").tensors where tensor.tensor.elementType != .bool {
      let whole = try tensor.tensor.allBytes()
      #expect(try tensor.tensor.source.withBytes(1..<7) { [UInt8]($0) } == Array(whole[1..<7]))
    }
  }

  private func read(_ sample: String) throws -> Container {
    let path = Places.sample(sample)
    return try FormatList.recognize(path).read(path, options: ReadOptions())
  }
}
