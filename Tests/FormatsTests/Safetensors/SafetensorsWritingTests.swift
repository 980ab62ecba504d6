import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Formats

@Suite struct SafetensorsWritingTests {
  private let format = SafetensorsFormat()
  private let folder = try! TemporaryFolder()

  private func write(
    _ container: Container, to destination: Destination, _ options: WriteOptions = WriteOptions()
  ) throws {
    let output = try OutputTransaction(destination, replacing: true)
    try format.write(container, to: output, options: options)
    try output.commit()
  }

  /// Samples that the reference wrote come out byte for byte.
  @Test(arguments: [
    "bert-tiny", "bert-tiny-tf-safetensors", "heads/model", "heads/question-answering",
  ])
  func writesWhatTheReferenceWrites(_ sample: String) throws {
    let source = Places.sample("\(sample)/model.safetensors")
    let path = try folder.file("out.safetensors")
    try write(
      try format.read(source, options: ReadOptions()), to: .file(path), WriteOptions(threads: 3))
    #expect(try bytes(of: path) == bytes(of: source))
  }

  /// The order of the reference: by alignment, the largest first, then by the bytes of the name.
  @Test func laysOutAsTheReference() throws {
    func tensor(_ name: String, _ type: ElementType) -> NamedTensor {
      NamedTensor(
        name, Tensor(type, [1], source: MemorySource([UInt8](repeating: 1, count: type.byteWidth!)))
      )
    }
    let container = Container(
      format: "safetensors", files: [], byteCount: 0,
      tensors: [
        tensor("z", .u8), tensor("b", .f32), tensor("é", .f32), tensor("a", .f32),
        tensor("h", .f16),
        tensor("bf", .bf16), tensor("i", .i64), tensor("u", .u64),
      ], metadata: [("k\"\n\u{1}", "v/é")])
    let path = try folder.file("order.safetensors")
    try write(container, to: .file(path))
    let written = try bytes(of: path)
    let header = String(
      decoding: written[8..<(8 + Int(written[0]) + Int(written[1]) << 8)], as: UTF8.self)
    #expect(
      header.trimmingCharacters(in: .whitespaces)
        == #"{"__metadata__":{"k\"\n\u0001":"v/é"},"u":{"dtype":"U64","shape":[1],"data_offsets":[0,8]},"#
        + #""i":{"dtype":"I64","shape":[1],"data_offsets":[8,16]},"#
        + #""a":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},"b":{"dtype":"F32","shape":[1],"data_offsets":[20,24]},"#
        + #""é":{"dtype":"F32","shape":[1],"data_offsets":[24,28]},"bf":{"dtype":"BF16","shape":[1],"data_offsets":[28,30]},"#
        + #""h":{"dtype":"F16","shape":[1],"data_offsets":[30,32]},"z":{"dtype":"U8","shape":[1],"data_offsets":[32,33]}}"#
    )
    #expect((header.utf8.count) % 8 == 0)
  }

  @Test(arguments: [1, 3000, 6000, 1_000_000])
  func shardsHoldTheSame(_ size: Int) throws {
    let source = try format.read(
      Places.sample("bert-tiny/model.safetensors"), options: ReadOptions())
    let path = "\(folder.path)/shards-\(size)"
    try write(source, to: .folder(path), WriteOptions(shardSize: size, threads: 2))
    let isSingle = size == 1_000_000
    let container = try format.read(
      "\(path)/\(isSingle ? "model.safetensors" : "model.safetensors.index.json")",
      options: ReadOptions())
    #expect(Set(container.tensors.map(\.name)) == Set(source.tensors.map(\.name)))
    let originals = Dictionary(uniqueKeysWithValues: source.tensors.map { ($0.name, $0.tensor) })
    for tensor in container.tensors {
      #expect(try tensor.tensor.allBytes() == originals[tensor.name]?.allBytes())
    }
    if !isSingle {
      for file in container.files.dropFirst() {
        let shard = try format.read(file, options: ReadOptions())
        let bytes = shard.tensors.reduce(0) { $0 + $1.tensor.byteCount }
        #expect(bytes <= size || shard.tensors.count == 1)
      }
    }
  }

  @Test func readsTheReferencesShards() throws {
    let whole = try format.read(
      Places.sample("bert-tiny/model.safetensors"), options: ReadOptions())
    let sharded = try format.read(
      Places.sample("bert-tiny-sharded/model.safetensors.index.json"), options: ReadOptions())
    #expect(Set(whole.tensors.map(\.name)) == Set(sharded.tensors.map(\.name)))
  }

  @Test(arguments: [
    (#"{"weight_map":{"a":"../x.safetensors"}}"#, "leaves the folder"),
    (#"{"weight_map":{"a":"/etc/passwd"}}"#, "leaves the folder"),
    (#"{"weight_map":{"a":".."}}"#, "leaves the folder"),
    (#"{"weight_map":{"a":"gone.safetensors"}}"#, "files are missing: gone.safetensors"),
    (#"{"weight_map":{"a":7}}"#, "'a' should be the name of a file"),
    (#"{"weight_map":[]}"#, "should be an object"), (#"{}"#, "lacks the key 'weight_map'"),
    (#"{"weight_map":{}}"#, "names no tensors"), (#"{"weight_map""#, "not valid JSON"),
    (#"{"weight_map":{"nope":"model.safetensors"}}"#, "lack tensors that it names: nope"),
  ])
  func badIndexes(_ text: String, _ message: String) throws {
    _ = try folder.file(
      "model.safetensors", bytes(of: Places.sample("bert-tiny/model.safetensors")))
    let index = try folder.file("model.safetensors.index.json", [UInt8](text.utf8))
    let failure = #expect(throws: Failure.self) {
      try format.read(index, options: ReadOptions())
    }
    #expect(failure?.description.contains(message) == true, "\(failure?.description ?? "")")
  }

  @Test func filesThatTheIndexDoesNotNameAreNotRead() throws {
    let name = "bert.pooler.dense.bias"
    _ = try folder.file("a.safetensors", bytes(of: Places.sample("bert-tiny/model.safetensors")))
    _ = try folder.file("b.safetensors", [1, 2, 3])
    let index = try folder.file(
      "model.safetensors.index.json",
      [UInt8](#"{"weight_map":{"\#(name)":"a.safetensors"}}"#.utf8))
    let container = try format.read(index, options: ReadOptions())
    #expect(container.tensors.map(\.name) == [name])
    #expect(container.diagnostics.allSatisfy { $0.code == .indexMismatch })
  }
}
