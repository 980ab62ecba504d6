import Documents
import Tensors

/// The settings of a GPTQ checkpoint: AutoGPTQ's `quantize_config.json`, or the same in config.json.
struct GPTQConfiguration {
  let bits: Int
  /// -1 for whole rows.
  let groupSize: Int
  /// What is added to stored zero points: 1 in the first version of the layout, which stores them less 1.
  let zeroIncrement: UInt32

  init(_ settings: JSON) throws {
    bits = try settings.count("bits", in: 1...64) ?? 4
    guard [2, 3, 4, 8].contains(bits) else {
      throw Failure(CompressedTensorsReason.unsupported("gptq, \(bits) bits"))
    }
    groupSize = try settings.count("group_size", in: -1...JSON.groupLimit) ?? -1
    guard groupSize != 0 else {
      throw Failure(
        CompressedTensorsReason.setting("group_size", expected: "-1, or more than none"))
    }
    let layout = try settings.text("checkpoint_format") ?? "gptq"
    switch layout {
    case "gptq": zeroIncrement = 1
    case "gptq_v2": zeroIncrement = 0
    default: throw Failure(CompressedTensorsReason.unsupported("gptq, \(layout)"))
    }
    if try settings.flag("is_marlin_format") == true {
      throw Failure(CompressedTensorsReason.unsupported("gptq, marlin"))
    }
  }
}

/// The settings of an AWQ checkpoint: in config.json, or AutoAWQ's own `quant_config.json`.
struct AWQConfiguration {
  /// -1 for whole rows.
  let groupSize: Int
  let hasZeroPoints: Bool
  static let bits = 4

  init(_ settings: JSON) throws {
    let bits = try settings.count("bits", in: 1...64) ?? settings.count("w_bit", in: 1...64) ?? 4
    guard bits == Self.bits else {
      throw Failure(CompressedTensorsReason.unsupported("awq, \(bits) bits"))
    }
    let layout = try settings.text("version")?.lowercased() ?? "gemm"
    guard layout == "gemm" else {
      throw Failure(CompressedTensorsReason.unsupported("awq, \(layout)"))
    }
    let size =
      try settings.count("group_size", in: -1...JSON.groupLimit)
      ?? settings.count("q_group_size", in: -1...JSON.groupLimit) ?? 128
    guard size != 0 else {
      throw Failure(
        CompressedTensorsReason.setting("group_size", expected: "-1, or more than none"))
    }
    groupSize = size
    hasZeroPoints = try settings.flag("zero_point") ?? true
  }
}
