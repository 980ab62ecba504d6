import Documents
import Tensors

/// What the files beside a model's weights say of how these are compressed.
enum CompressionConfiguration {
  case compressedTensors(CompressedTensorsConfiguration)
  case gptq(GPTQConfiguration)
  case awq(AWQConfiguration)

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
    if let settings = Self.keys.lazy.compactMap({ config?[$0] }).first(where: { $0.members != nil })
    {
      guard let method = Self.method(of: settings) else { return nil }
      self = try Self.reading(settings, method, at: joinPath(folder, "config.json"))
    } else if let settings = try document("quantize_config.json"), settings["bits"] != nil {
      self = try Self.reading(settings, .gptq, at: joinPath(folder, "quantize_config.json"))
    } else if let settings = try document("quant_config.json"), settings["w_bit"] != nil {
      self = try Self.reading(settings, .awq, at: joinPath(folder, "quant_config.json"))
    } else {
      return nil
    }
  }

  private enum Method { case compressedTensors, gptq, awq }

  private static func method(of settings: JSON) -> Method? {
    switch settings["quant_method"]?.string {
    case "compressed-tensors": .compressedTensors
    case "sparseml": .compressedTensors
    case "gptq": .gptq
    case "awq": .awq
    // The first versions named no method.
    case nil where settings["config_groups"] != nil || settings["sparsity_config"] != nil:
      .compressedTensors
    default: nil
    }
  }

  private static func reading(
    _ settings: JSON, _ method: Method, at path: String
  ) throws -> CompressionConfiguration {
    do {
      return switch method {
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
