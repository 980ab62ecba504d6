import Documents
import Tensors

/// What the files beside a model's weights say of how these are compressed.
struct CompressionConfiguration {
  let method: Method
  /// The type that the model is run in: dense weights have it where it is wider than that of the scales.
  let elementType: ElementType?

  enum Method {
    case compressedTensors(CompressedTensorsConfiguration)
    case gptq(GPTQConfiguration)
    case awq(AWQConfiguration)
  }

  /// The keys of config.json that hold it; the second is that of the first versions of compressed-tensors.
  static let keys = ["quantization_config", "compression_config"]

  /// Reads what lies beside a file of weights; nil where nothing there speaks of one of the methods.
  init?(beside weights: String) throws {
    let folder = splitPath(weights).parent
    func document(_ name: String) throws -> JSON? {
      let path = joinPath(folder, name)
      return exists(path) ? try JSON.read(path, limit: 64 << 20) : nil
    }
    let config = try document("config.json")
    elementType = Self.elementTypes[(config?["dtype"] ?? config?["torch_dtype"])?.string ?? ""]
    if let settings = Self.keys.lazy.compactMap({ config?[$0] }).first(where: { $0.members != nil })
    {
      guard let kind = Self.kind(of: settings) else { return nil }
      method = try Self.reading(settings, kind, at: joinPath(folder, "config.json"))
    } else if let settings = try document("quantize_config.json"), settings["bits"] != nil {
      method = try Self.reading(settings, .gptq, at: joinPath(folder, "quantize_config.json"))
    } else if let settings = try document("quant_config.json"), settings["w_bit"] != nil {
      method = try Self.reading(settings, .awq, at: joinPath(folder, "quant_config.json"))
    } else {
      return nil
    }
  }

  private static let elementTypes: [String: ElementType] = [
    "float32": .f32, "float16": .f16, "bfloat16": .bf16,
  ]

  private enum Kind { case compressedTensors, gptq, awq }

  private static func kind(of settings: JSON) -> Kind? {
    switch settings["quant_method"]?.string {
    case "compressed-tensors", "sparseml": .compressedTensors
    case "gptq": .gptq
    case "awq": .awq
    // The first versions named no method.
    case nil where settings["config_groups"] != nil || settings["sparsity_config"] != nil:
      .compressedTensors
    default: nil
    }
  }

  private static func reading(
    _ settings: JSON, _ kind: Kind, at path: String
  ) throws -> Method {
    do {
      return switch kind {
      case .compressedTensors: .compressedTensors(try CompressedTensorsConfiguration(settings))
      case .gptq: .gptq(try GPTQConfiguration(settings))
      case .awq: .awq(try AWQConfiguration(settings))
      }
    } catch let failure as Failure {
      throw failure.within(Place(file: path))
    }
  }
}

extension JSON {
  /// A whole number of a setting within bounds; nil where it is absent or null.
  func count(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let value = self[name], value != .null else { return nil }
    guard let number = value.integer, range.contains(number) else {
      throw Failure(
        CompressedTensorsReason.setting(
          name, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)"))
    }
    return number
  }

  /// A text of a setting; nil where it is absent or null.
  func text(_ name: String) throws -> String? {
    guard let value = self[name], value != .null else { return nil }
    guard let text = value.string else {
      throw Failure(CompressedTensorsReason.setting(name, expected: "a text"))
    }
    return text
  }

  /// A truth value of a setting; nil where it is absent or null.
  func flag(_ name: String) throws -> Bool? {
    guard let value = self[name], value != .null else { return nil }
    guard let flag = value.bool else {
      throw Failure(CompressedTensorsReason.setting(name, expected: "true or false"))
    }
    return flag
  }

  /// The longest group that is believed.
  static let groupLimit = 1 << 24
}
