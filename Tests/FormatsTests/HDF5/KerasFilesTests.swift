import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

/// Files of Keras that contradict themselves, and those that are close to being such files.
@Suite struct KerasFilesTests {
  private let folder = try! TemporaryFolder()

  private func file(_ names: [String], _ change: (inout HDF5Plan) throws -> Void) throws -> String {
    var plan = HDF5Plan()
    try plan.addDatasets(names.map { NamedTensor($0, Tensor([1, 2], [2])) }, format: "hdf5")
    try change(&plan)
    let path = try folder.file("x.h5")
    let output = try OutputTransaction(.file(path), replacing: true)
    try plan.write(to: try output.makeFile("x.h5"), options: WriteOptions())
    try output.commit()
    return path
  }

  private func message(_ path: String) throws -> String {
    let failure = #expect(throws: Failure.self) {
      try FormatList.recognize(path).read(path, options: ReadOptions())
    }
    return failure.map { "\($0)" } ?? ""
  }

  @Test func listsThatNameNothing() throws {
    let noLayer = try file(["a/b"]) { $0.addNames(["a", "lost"], "layer_names", of: "") }
    #expect(
      try message(noLayer).hasSuffix("layer_names names 'lost', which is no group of the file"))
    let noWeight = try file(["a/b"]) {
      $0.addNames(["a"], "layer_names", of: "")
      $0.addNames(["b", "c/d:0"], "weight_names", of: "a")
    }
    #expect(
      try message(noWeight).hasSuffix(
        "tensor 'c/d:0': weight_names of the layer 'a' names it, no dataset has that name"))
  }

  @Test func unlistedWeightsAreCarriedAndSaid() throws {
    let path = try file(["a/b", "a/c", "z/y", "x"]) {
      $0.addNames(["a"], "layer_names", of: "")
      $0.addNames(["c"], "weight_names", of: "a")
    }
    let container = try TensorFlowHDF5Format().read(path, options: ReadOptions())
    #expect(container.tensors.map(\.name) == ["a/c", "a/b", "x", "z/y"])
    #expect(
      container.diagnostics.map(\.message) == ["this and 2 others are not listed in weight_names"])
  }

  /// What looks like a list of layers and is none.
  @Test func otherAttributesMakeNoKerasFile() throws {
    let text = try file(["a/b"]) { try $0.addText(#"["a"]"#, "layer_names", of: "") }
    let container = try TensorFlowHDF5Format().read(text, options: ReadOptions())
    #expect(container.format == "hdf5" && container.naming == .flat)
    #expect(container.metadata.map(\.value) == [#"["a"]"#])
    #expect(container.diagnostics.isEmpty)
  }

  @Test func recognizedByContentAndName() throws {
    func format(_ path: String) throws -> String { try FormatList.recognize(path).name }
    let plain = try file(["a/b"]) { _ in }
    #expect(try format(plain) == "tf-h5")
    #expect(try TensorFlowHDF5Format().read(plain, options: ReadOptions()).format == "hdf5")
    #expect(try format(Places.sample("hdf5/user-block.h5")) == "tf-h5")
    #expect(try format(Places.sample("keras-hub/backbone.keras")) == "keras")
    #expect(try format(Places.sample("keras-hub/backbone-sharded.weights.json")) == "keras3")
    #expect(FormatList.forOutput("x.h5")?.name == "tf-h5")
    #expect(FormatList.forOutput("x.weights.h5")?.name == "keras3")
    #expect(FormatList.forOutput("x.hdf5")?.name == "hdf5")
    let other = try folder.file("y.h5", Array("no HDF5 at all, but long enough".utf8))
    let failure = #expect(throws: Failure.self) {
      try HDF5Format().read(other, options: ReadOptions())
    }
    #expect(failure.map { "\($0)" } == "\(other): is not an HDF5 file")
  }

  @Test func shardsThatAreNotThere() throws {
    let shard = try bytes(of: Places.sample("bert-tiny-tf-sharded/tf_model-00003-of-00003.h5"))
    _ = try folder.file("one.h5", shard)
    func index(_ map: String) throws -> String {
      try folder.file("tf_model.h5.index.json", Array(#"{"weight_map":\#(map)}"#.utf8))
    }
    let name = "m/bert/pooler/dense/bias:0"
    #expect(try message(index(#"{"\#(name)":"two.h5"}"#)).contains("files are missing: two.h5"))
    #expect(try message(index(#"{"\#(name)":"../one.h5"}"#)).contains("leaves the folder"))
    #expect(
      try message(index(#"{"m/bert/lost:0":"one.h5"}"#))
        .contains("lack tensors that it names: bert/lost:0"))
    let path = try index(#"{"\#(name)":"one.h5"}"#)
    let container = try FormatList.recognize(path).read(path, options: ReadOptions())
    #expect(container.tensors.map(\.name) == ["bert/pooler/dense/bias:0"])
    #expect(Set(container.diagnostics.map(\.code)) == [.indexMismatch])
  }

  @Test func variablesThatAreNotThere() throws {
    let shard = try bytes(of: Places.sample("keras-hub/backbone-sharded_00000.weights.h5"))
    _ = try folder.file("one.weights.h5", shard)
    func index(_ map: String) throws -> String {
      try folder.file("x.weights.json", Array(#"{"weight_map":\#(map)}"#.utf8))
    }
    #expect(
      try message(index(#"{"/layers/lost/vars":["one.weights.h5"]}"#))
        .contains("lack tensors that it names: layers/lost/vars"))
    let path = try index(#"{"/layers/position_embedding/vars":"one.weights.h5"}"#)
    let container = try FormatList.recognize(path).read(path, options: ReadOptions())
    #expect(container.tensors.map(\.name) == ["layers/position_embedding/vars/0"])
  }

  @Test func archivesOfOtherKinds() throws {
    let weights = try bytes(of: Places.sample("keras-hub-preset/model.weights.h5"))
    func archive(_ members: [ZipFixture.Member]) throws -> String {
      try folder.file("x.keras", ZipFixture(members).bytes)
    }
    let config = ZipFixture.Member(name: "config.json", bytes: Array("{}".utf8))
    #expect(try message(archive([config])).contains("the archive lacks 'model.weights.h5'"))
    let stored = try archive([config, .init(name: "model.weights.h5", bytes: weights)])
    let deflated = try archive([
      config, .init(name: "model.weights.h5", bytes: weights, isDeflated: true),
      .init(name: "assets/vocabulary.txt", bytes: [1]),
    ])
    _ = stored
    let original = try Keras3Format().read(
      Places.sample("keras-hub-preset/model.weights.h5"), options: ReadOptions())
    let container = try KerasArchiveFormat().read(deflated, options: ReadOptions())
    #expect(try rows(of: container) == rows(of: original))
    #expect(
      container.diagnostics.map(\.message) == ["the member 'assets/vocabulary.txt' is left out"])
    var broken = weights
    broken[weights.count / 2] ^= 1
    let wrong = try archive([
      .init(name: "model.weights.h5", bytes: broken, checksum: 1)
    ])
    #expect(try message(wrong).contains("checksum of 'model.weights.h5' is wrong"))
  }
}
