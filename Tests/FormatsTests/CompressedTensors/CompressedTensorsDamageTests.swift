import Checkpoints
import Documents
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Formats

/// Damaged and hostile folders are read or refused; nothing traps.
@Suite struct CompressedTensorsDamageTests {
  private let folder = try! TemporaryFolder()
  private static let rounds = Int(ProcessInfo.processInfo.environment["PARE_FUZZ"] ?? "") ?? 300

  private static let files = ["model.safetensors", "config.json", "quantize_config.json"]

  /// The files of a sample, some of them replaced.
  private func read(_ sample: String, replacing replacements: [String: [UInt8]]) throws -> Container
  {
    let home = Places.sample("compressed-tensors/\(sample)")
    for name in Self.files where FileManager.default.fileExists(atPath: "\(home)/\(name)") {
      _ = try folder.file(name, replacements[name] ?? bytes(of: "\(home)/\(name)"))
    }
    let path = "\(folder.path)/model.safetensors"
    return try FormatList.recognize(path).read(path, options: ReadOptions())
  }

  @Test(arguments: [
    ("packed", "model.safetensors"), ("packed", "config.json"), ("integers", "model.safetensors"),
    ("integers", "config.json"), ("sparse-bitmask", "model.safetensors"),
    ("sparse-24-bitmask", "model.safetensors"), ("sparse-integers", "model.safetensors"),
    ("sparse-integers", "config.json"), ("activation-order-four", "model.safetensors"),
    ("gptq-3", "model.safetensors"), ("gptq-3", "quantize_config.json"),
    ("awq", "model.safetensors"), ("awq", "config.json"),
  ])
  func mutationsNeverTrap(_ sample: String, _ file: String) throws {
    let whole = try bytes(of: Places.sample("compressed-tensors/\(sample)/\(file)"))
    var generator = SeededGenerator(seed: 17)
    var refused = 0
    for round in 0..<Self.rounds {
      do {
        let container = try read(sample, replacing: [file: mutated(whole, using: &generator)])
        for tensor in container.tensors where tensor.tensor.byteCount < 1 << 24 {
          _ = try tensor.tensor.withBytes { $0.count }
        }
      } catch {
        #expect(error is Failure, "\(sample), \(file), round \(round): \(error)")
        refused += 1
      }
    }
    #expect(refused > 0 && refused < Self.rounds)
  }

  /// Mutations in the numbers of headers alone get further than those anywhere.
  @Test(arguments: [
    "packed", "integers", "sparse-bitmask", "activation-order-four", "gptq-3", "awq",
  ])
  func shapesThatDoNotFitAreRefused(_ sample: String) throws {
    let whole = try bytes(of: Places.sample("compressed-tensors/\(sample)/model.safetensors"))
    let container = try SafetensorsFormat().read(
      Places.sample("compressed-tensors/\(sample)/model.safetensors"), options: ReadOptions())
    let text = String(decoding: whole, as: UTF8.self)
    var tried = 0
    for tensor in container.tensors.filter({ $0.tensor.shape.rank == 2 }).prefix(12) {
      let (rows, columns) = (tensor.tensor.shape[0], tensor.tensor.shape[1])
      let spelled = "\"shape\":[\(rows),\(columns)]"
      let turned = "\"shape\":[\(columns),\(rows)]"
      guard rows != columns, let range = text.utf8.firstRange(of: spelled.utf8) else { continue }
      let start = text.utf8.distance(from: text.utf8.startIndex, to: range.lowerBound)
      var damaged = whole
      damaged.replaceSubrange(start..<(start + spelled.utf8.count), with: turned.utf8)
      do {
        let read = try read(sample, replacing: ["model.safetensors": damaged])
        for tensor in read.tensors { _ = try tensor.tensor.withBytes { $0.count } }
        // The groups of one matrix may be those of another, which is fine too.
      } catch {
        #expect(error is Failure)
        tried += 1
      }
    }
    #expect(tried > 0)
  }

  private func refusal(_ sample: String, config: JSON, as name: String = "config.json") throws
    -> String
  {
    let failure = #expect(throws: Failure.self) {
      try read(sample, replacing: [name: [UInt8](config.text().utf8)])
    }
    return failure?.description ?? ""
  }

  private func group(_ weights: JSON, format: JSON = nil) -> JSON {
    [
      "quantization_config": [
        "quant_method": "compressed-tensors", "format": "pack-quantized", "version": "0.20.0",
        "config_groups": [
          "group_0": ["targets": ["Linear"], "format": format, "weights": weights]
        ],
      ]
    ]
  }

  @Test func whatIsNotKnownIsRefusedByName() throws {
    let cases: [(weights: JSON, message: String)] = [
      (["num_bits": 4, "strategy": "attn_head"], "the strategy 'attn_head' is not known"),
      (["num_bits": 4, "strategy": "group"], "'group_size' should be more than none"),
      (["num_bits": 4, "strategy": "block"], "'block_structure' should be rows and columns"),
      (["num_bits": 4, "type": "complex"], "the type 'complex' is not known"),
      (["num_bits": "4"], "'num_bits' should be a whole number from 1 to 64"),
      (["num_bits": 4, "group_size": -7], "'group_size' should be a whole number from -1 to"),
      (["num_bits": 4, "symmetric": "yes"], "'symmetric' should be true or false"),
      (
        ["num_bits": 8, "type": "float", "strategy": "channel"],
        "weights in the format 'pack-quantized' cannot be read"
      ),
      (["num_bits": 16], "weights in the format '16-bit integers' cannot be read"),
      (["num_bits": 4, "strategy": "group", "group_size": 7], "no group of config_groups fits"),
    ]
    for (weights, message) in cases {
      let found = try refusal("activation-order-four", config: group(weights))
      #expect(found.contains(message), "\(found)")
    }
    let marlin = try refusal(
      "activation-order-four",
      config: group(["num_bits": 4, "strategy": "channel"], format: "marlin-24"))
    #expect(marlin.contains("the format 'marlin-24' cannot be read"), "\(marlin)")
  }

  @Test(arguments: [
    (
      "float-quantized", "F8_E4M3", "weight",
      #"{"num_bits":8,"type":"float","strategy":"channel"}"#
    ),
    (
      "nvfp4-pack-quantized", "U8", "weight_packed",
      #"{"num_bits":4,"type":"float","strategy":"tensor_group","group_size":16}"#
    ),
  ])
  func floatsOfFewBitsAreRefusedByName(
    _ format: String, _ type: String, _ part: String, _ weights: String
  ) throws {
    let config = """
      {"quantization_config":{"quant_method":"compressed-tensors","format":"\(format)",
      "config_groups":{"group_0":{"targets":["Linear"],"weights":\(weights)}}}}
      """
    _ = try folder.file("config.json", [UInt8](config.utf8))
    let header = """
      {"a.\(part)":{"dtype":"\(type)","shape":[2,4],"data_offsets":[0,8]},\
      "a.weight_scale":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]}}
      """
    let path = try folder.file("model.safetensors", safetensors(header, data: 16))
    let failure = #expect(throws: Failure.self) {
      try FormatList.recognize(path).read(path, options: ReadOptions())
    }
    #expect(failure?.description.hasSuffix("the format '\(format)' cannot be read") == true)
    #expect(failure?.place.tensor == "a.weight")
  }

  @Test func presetsAndMissingGroupsAreRefused() throws {
    let preset: JSON = [
      "quantization_config": [
        "quant_method": "compressed-tensors", "config_groups": ["W4A16": ["Linear"]],
      ]
    ]
    #expect(
      try refusal("activation-order-four", config: preset).contains(
        "the group 'W4A16' is not known"))
    let none: JSON = ["quantization_config": ["quant_method": "compressed-tensors"]]
    let message = try refusal("activation-order-four", config: none)
    #expect(message.contains("four.weight") && message.contains("no group"), "\(message)")
  }

  @Test func layoutsOfGPTQAndAWQThatDifferAreRefused() throws {
    for (settings, message) in [
      (["bits": 5], "'gptq, 5 bits' cannot be read"),
      (["bits": 3, "checkpoint_format": "marlin"], "'gptq, marlin' cannot be read"),
      (["bits": 3, "group_size": 0], "'group_size' should be -1, or more than none"),
      (["bits": 3, "group_size": 16], "'scales' is of shape [2, 32], expected [4, 32]"),
      (["bits": 4, "group_size": 32], "'qzeros' is of shape [2, 3], expected [2, 4]"),
    ] as [(JSON, String)] {
      let found = try refusal("gptq-3", config: settings, as: "quantize_config.json")
      #expect(found.contains(message), "\(found)")
    }
    for (settings, message) in [
      (["quant_method": "awq", "bits": 4, "version": "gemv"], "'awq, gemv' cannot be read"),
      (["quant_method": "awq", "bits": 3], "'awq, 3 bits' cannot be read"),
    ] as [(JSON, String)] {
      let found = try refusal("awq", config: ["quantization_config": settings])
      #expect(found.contains(message), "\(found)")
    }
  }

  /// Without a configuration that speaks of them, such files are what they are made of.
  @Test(arguments: [#"{}"#, #"{"quantization_config":{"quant_method":"bitsandbytes"}}"#])
  func otherMethodsAreLeftAlone(_ config: String) throws {
    let container = try read(
      "activation-order-four", replacing: ["config.json": [UInt8](config.utf8)])
    #expect(container.format == "safetensors")
    #expect(container.tensors.contains { $0.name == "four.weight_packed" })
  }

  @Test func twoWeightsOfOneModuleAreRefused() throws {
    let config = group(["num_bits": 4, "strategy": "tensor"])
    _ = try folder.file("config.json", [UInt8](config.text().utf8))
    let header = #"""
      {"a.weight_packed":{"dtype":"I32","shape":[1,1],"data_offsets":[0,4]},"a.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[4,8]}}
      """#
    let path = try folder.file("model.safetensors", safetensors(header, data: 8))
    let failure = #expect(throws: Failure.self) {
      try FormatList.recognize(path).read(path, options: ReadOptions())
    }
    #expect(failure?.description.contains("has both 'weight_packed' and 'weight'") == true)
  }
}
