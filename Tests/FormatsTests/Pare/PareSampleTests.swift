import Checkpoints
import Documents
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Formats

/// Written files decode for ever: to what the reference decoder in Python made of them when they were new.
@Suite struct PareSampleTests {
  static let samples = ["storages-1"]

  @Test(arguments: samples)
  func samplesDecodeAsTheReferenceDecoderSays(_ sample: String) throws {
    let golden = try JSON.read(Places.sample("golden/pare--\(sample).json"))
    let path = Places.sample(try #require(golden["file"]?.string))
    let container = try FormatList.recognize(path).read(path, options: ReadOptions())
    #expect(container.format == "pare")
    let expected = try #require(golden["tensors"]?.array)
    #expect(container.tensors.map(\.name) == expected.compactMap { $0["name"]?.string })
    for (tensor, expected) in zip(container.tensors, expected) {
      #expect(tensor.tensor.elementType.rawValue == expected["dtype"]?.string)
      #expect(JSON.shape(tensor.tensor.shape) == expected["shape"])
      #expect(
        try tensor.tensor.withBytes { sha256($0) } == expected["sha256"]?.string, "\(tensor.name)")
      #expect(
        try tensor.heldStorage.tensors.map { try $0.withBytes { JSON.string(sha256($0)) } }
          == expected["parts"]?.array, "\(tensor.name)")
    }
  }

  /// Every kind of storage and every scheme stands in a sample.
  @Test func samplesHoldEveryStorage() throws {
    let texts = try Self.samples.flatMap { sample in
      try PareFormat().read(
        Places.sample("pare/\(sample).pare.safetensors"), options: ReadOptions()
      ).tensors.map { $0.heldStorage.description }
    }
    for part in [
      "dense F32", "dense F16", "dense BF16", "dense F64", "dense I64", "sparse(dense",
      "sparse(quantized",
      "factorized(dense", "factorized(sparse", "factorized(quantized", "sum(factorized",
      "sum(quantized", "codebook", "product", "row step", "per tensor", "axis 0", "axis 1",
      "group 16",
      "block 8×16", "asymmetric", "2 bits", "3 bits", "4 bits", "5 bits", "6 bits", "7 bits",
      "8 bits",
    ] {
      #expect(texts.contains { $0.contains(part) }, "\(part)")
    }
  }

  /// Makes the sample for `samples/make_pare_samples.py`, which names the parts and the output.
  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["PARE_SAMPLE_PARTS"] != nil))
  func writesTheSample() throws {
    let environment = ProcessInfo.processInfo.environment
    let parts = try SafetensorsFormat().read(
      try #require(environment["PARE_SAMPLE_PARTS"]), options: ReadOptions())
    let output = try OutputTransaction(
      .file(try #require(environment["PARE_SAMPLE_OUTPUT"])), replacing: true)
    try PareFormat().write(
      PareParts(parts).container(), to: output, options: WriteOptions(threads: 2))
    try output.commit()
  }
}
