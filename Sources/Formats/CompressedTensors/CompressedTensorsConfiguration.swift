import Checkpoints
import Documents
import Tensors

/// The `quantization_config` of compressed-tensors, as far as weights go.
struct CompressedTensorsConfiguration {
  let groups: [QuantizationGroup]
  /// Whether it was written by a version before 0.18, which packed whole numbers of integers into words.
  let packsByWord: Bool

  init(_ settings: JSON) throws {
    packsByWord = Self.isOld(try settings.text("version"))
    let format = try settings.text("format")
    guard let value = settings["config_groups"], value != .null else {
      groups = []
      return
    }
    guard let members = value.members else {
      throw Failure(CompressedTensorsReason.setting("config_groups", expected: "an object"))
    }
    groups = try members.compactMap { name, group in
      // A preset's name stands for the group that it is short for.
      if group.array != nil { throw Failure(CompressedTensorsReason.unknown("group", name)) }
      guard let weights = group["weights"], weights != .null else { return nil }
      return try QuantizationGroup(
        targets: group["targets"]?.array?.compactMap(\.string) ?? [],
        format: try group.text("format") ?? format ?? "", weights)
    }
  }
}

extension CompressedTensorsConfiguration {
  private static func isOld(_ version: String?) -> Bool {
    let numbers = version?.split(separator: ".").prefix(2).map { Int($0) } ?? []
    guard numbers.count == 2, let major = numbers[0], let minor = numbers[1] else { return false }
    return major == 0 && minor < 18
  }
}

/// A group of `config_groups`: which modules have their weights quantized, and how.
struct QuantizationGroup {
  /// Names of modules; classes and expressions are among them, and are held against nothing.
  let targets: [String]
  let format: String
  let scheme: Scheme

  enum Scheme: Equatable {
    case integers(bits: Int, Strategy, isSymmetric: Bool)
    /// What is read by nobody here, by its name.
    case unsupported(String)
  }

  /// The weights that share a scale.
  enum Strategy: Equatable {
    case tensor, channel
    case group(Int)
    case block(rows: Int, columns: Int)
  }

  init(targets: [String], format: String, _ weights: JSON) throws {
    self.targets = targets
    self.format = format
    let bits = try weights.count("num_bits", in: 1...64) ?? 8
    let type = try weights.text("type")?.lowercased() ?? "int"
    switch type {
    case "int" where !format.isEmpty && !Self.knownFormats.contains(format):
      scheme = .unsupported(format)
    case "int" where (2...8).contains(bits):
      scheme = .integers(
        bits: bits, try Self.strategy(weights), isSymmetric: try weights.flag("symmetric") ?? true)
    case "int": scheme = .unsupported("\(bits)-bit integers")
    case "float": scheme = .unsupported(format.isEmpty ? "\(bits)-bit floats" : format)
    default: throw Failure(CompressedTensorsReason.unknown("type", type))
    }
  }

  /// The formats of integers; which of them holds a module is told by its tensors.
  private static let knownFormats: Set = [
    "dense", "fakequant", "naive-quantized", "int-quantized", "pack-quantized", "mixed-precision",
  ]

  /// Where it is not named, the strategy follows from the length of groups: none, one or more, or -1 for rows.
  private static func strategy(_ weights: JSON) throws -> Strategy {
    let size = try weights.count("group_size", in: -1...JSON.groupLimit)
    let usual = size == nil ? "tensor" : size == -1 ? "channel" : "group"
    let name = try weights.text("strategy")?.lowercased() ?? usual
    switch name {
    case "tensor": return .tensor
    case "channel": return .channel
    case "group":
      guard let size, size > 0 else {
        throw Failure(CompressedTensorsReason.setting("group_size", expected: "more than none"))
      }
      return .group(size)
    case "block": return try block(weights)
    default: throw Failure(CompressedTensorsReason.unknown("strategy", name))
    }
  }

  /// `[rows, columns]`, or `"2x4"` as it was once written.
  private static func block(_ weights: JSON) throws -> Strategy {
    let value = weights["block_structure"]
    let sides =
      value?.string.map { $0.split(separator: "x").compactMap { Int($0) } }
      ?? value?.array?.compactMap(\.integer) ?? []
    guard sides.count == 2, sides.allSatisfy({ (1...JSON.groupLimit).contains($0) }) else {
      throw Failure(
        CompressedTensorsReason.setting("block_structure", expected: "rows and columns"))
    }
    return .block(rows: sides[0], columns: sides[1])
  }
}

extension QuantizationGroup.Strategy {
  var granularity: QuantizationScheme.Granularity {
    switch self {
    case .tensor: .tensor
    case .channel: .axis(0)
    case .group(let size): .group(size)
    case .block(let rows, let columns): .block(rows: rows, columns: columns)
    }
  }

  /// The scales of a matrix `[down, across]`; nil where groups do not end at its edge.
  func scaleShape(rows: Int, columns: Int) -> Shape? {
    switch self {
    case .tensor: [1]
    case .channel: [rows, 1]
    case .group(let size):
      size >= columns ? [rows, 1] : columns % size == 0 ? [rows, columns / size] : nil
    case .block(let height, let width):
      [(rows + height - 1) / height, (columns + width - 1) / width]
    }
  }
}
