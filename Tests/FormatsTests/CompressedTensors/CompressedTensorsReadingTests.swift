import Checkpoints
import Documents
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Formats

/// Folders that compressed-tensors, AutoGPTQ and AutoAWQ wrote come to the numbers that they make of them.
@Suite struct CompressedTensorsReadingTests {
  @Test(arguments: try CompressedSample.names())
  func weightsAreTheLibrarysOwn(_ name: String) throws {
    let sample = try CompressedSample(name)
    let container = try sample.read()
    #expect(container.format == "compressed-tensors")
    let tensors = Dictionary(uniqueKeysWithValues: container.tensors.map { ($0.name, $0.tensor) })
    #expect(!sample.weights.isEmpty)
    for weight in sample.weights {
      let tensor = try #require(tensors[weight.name], "\(weight.name)")
      #expect(tensor.elementType.rawValue == weight.elementType, "\(weight.name)")
      #expect(tensor.shape.lengths == weight.shape, "\(weight.name)")
      #expect(try tensor.withBytes(sha256) == weight.digest, "\(weight.name)")
    }
    let parts = CompressedModule.usual.union(CompressedModule.transposed).subtracting(["weight"])
    #expect(
      !container.tensors.contains { parts.contains(String($0.name.split(separator: ".").last!)) })
  }

  @Test(arguments: [
    (
      "packed", "b3.group.asymmetric.weight",
      "quantized(I8, uniform 3 bits per group 16 asymmetric)"
    ),
    ("packed", "b8.channel.symmetric.weight", "quantized(I8, uniform 8 bits per axis 0)"),
    ("packed-by-word", "b7.tensor.symmetric.weight", "quantized(I8, uniform 7 bits per tensor)"),
    ("integers", "block8.symmetric.f16.weight", "quantized(I8, uniform 8 bits per block 2×4)"),
    ("mixed", "layer.1.a.weight", "quantized(I8, uniform 3 bits per group 8)"),
    ("mixed", "layer.1.b.weight", "quantized(I8, uniform 8 bits per axis 0)"),
    ("sparse-bitmask", "bf16.weight", "sparse(dense BF16)"),
    ("sparse-24-bitmask", "wide.weight", "sparse(dense F32)"),
    ("sparse-integers", "symmetric.weight", "sparse(quantized(I8, uniform 8 bits per axis 0))"),
    ("sparse-integers", "asymmetric.weight", "quantized(I8, uniform 8 bits per axis 0 asymmetric)"),
    ("gptq-4", "ordered.weight", "quantized(I8, uniform 4 bits per group 32 asymmetric)"),
    ("gptq-4-rows", "rows.weight", "quantized(I8, uniform 4 bits per axis 0 asymmetric)"),
    ("awq", "layer.weight", "quantized(I8, uniform 4 bits per group 32 asymmetric)"),
  ])
  func storageIsWhatTheFileHolds(_ sample: String, _ name: String, _ storage: String) throws {
    let tensor = try #require(try CompressedSample(sample).read().tensors.first { $0.name == name })
    #expect(tensor.storage?.description == storage)
    #expect(tensor.byteCount < tensor.tensor.elementCount * 4)
  }

  @Test func activationOrderIsKept() throws {
    for (sample, name) in [
      ("activation-order-four", "four.weight"), ("activation-order-eight", "eight.weight"),
      ("gptq-3", "ordered.weight"),
    ] {
      let tensor = try #require(
        try CompressedSample(sample).read().tensors.first { $0.name == name })
      guard case .quantized(_, .uniform(_, _, _, _, let index)) = tensor.storage else {
        Issue.record("\(sample): \(String(describing: tensor.storage))")
        continue
      }
      #expect(index?.elementCount == tensor.tensor.shape[1])
    }
    // Columns that stand in order need no index.
    let grouped = try #require(
      try CompressedSample("gptq-3").read().tensors.first { $0.name == "grouped.weight" })
    guard case .quantized(_, .uniform(_, _, _, _, nil)) = grouped.storage else {
      Issue.record("\(String(describing: grouped.storage))")
      return
    }
  }

  @Test func tensorsThatAreNoPartsStay() throws {
    let container = try CompressedSample("bert-w4a16").read()
    #expect(container.tensors.contains { $0.name == "bert.embeddings.LayerNorm.bias" })
    #expect(container.tensors.contains { $0.name == "bert.pooler.dense.bias" })
    let classifier = try #require(container.tensors.first { $0.name == "classifier.weight" })
    #expect(classifier.storage == nil)
    // What the file holds, headers aside, is what its tensors say that they take.
    let path = "\(Places.sample("compressed-tensors/bert-w4a16"))/model.safetensors"
    let plain = try SafetensorsFormat().read(path, options: ReadOptions())
    #expect(
      container.tensors.reduce(0) { $0 + $1.byteCount }
        == plain.tensors.reduce(0) { $0 + $1.byteCount })
  }
}

/// A folder of `samples/compressed-tensors` and what the library that wrote it makes of it.
struct CompressedSample {
  let path: String
  let weights: [Weight]

  struct Weight {
    var name: String
    var elementType: String
    var shape: [Int]
    var digest: String
  }

  private static func goldens() throws -> JSON {
    try JSON.read("\(Places.sample("compressed-tensors"))/golden.json")
  }

  static func names() throws -> [String] { try (goldens().members ?? []).map(\.key) }

  init(_ name: String) throws {
    path = "\(Places.sample("compressed-tensors"))/\(name)/model.safetensors"
    weights = try (Self.goldens()[name]?.members ?? []).map { key, value in
      Weight(
        name: key, elementType: value["dtype"]?.string ?? "",
        shape: value["shape"]?.array?.compactMap(\.integer) ?? [],
        digest: value["sha256"]?.string ?? "")
    }
  }

  func read() throws -> Container {
    try FormatList.recognize(path).read(path, options: ReadOptions())
  }
}
