import CZlib
import Checkpoints
import Kernels
import Tensors

/// The representation as sorted text, one line a parameter: what tests compare, and people diff.
///
/// Each line has the role, the name in the file, the logical shape, the storage, the CRC-32 of the
/// logical bytes (row-major, little-endian), and the least, greatest and mean value.
public enum NativeDump {
  /// Calls a closure with each line; every tensor is read once for each figure.
  public static func write(_ checkpoint: Checkpoint, line: (String) throws -> Void) throws {
    try line("pare.native/1")
    try line("dialect \(checkpoint.dialect ?? "unknown")")
    for parameter in checkpoint.parameters {
      let values = try parameter.storage.dense.map(figures) ?? "-"
      try line(
        "\(parameter.role)\t\(printable(parameter.name))\t\(parameter.shape)\t"
          + "\(parameter.storage)\t\(values)")
    }
    let loose =
      checkpoint.copies.map { ("copy of \($0.role)", $0.name, $0.tensor) }
      + checkpoint.addends.map { ("addend of \($0.role)", $0.name, $0.tensor) }
      + checkpoint.buffers.map { ("buffer \($0.buffer.rawValue)", $0.name, $0.tensor) }
      + checkpoint.unmapped.map { ("unmapped", $0.name, $0.tensor) }
    for tensor in checkpoint.container.foreign {
      try line("foreign\t\(printable(tensor.name))\t\(tensor.shape)\t\(printable(tensor.type))\t-")
    }
    for (what, name, tensor) in loose {
      try line(
        "\(what)\t\(printable(name))\t\(tensor.shape)\tdense \(tensor.elementType.rawValue)\t"
          + (try figures(tensor)))
    }
  }

  private static func figures(_ tensor: Tensor) throws -> String {
    let checksum = try crc32(of: tensor)
    let hex = String(checksum, radix: 16)
    var text = "crc32 " + String(repeating: "0", count: 8 - hex.count) + hex
    if let numbers = try tensor.statistics(), numbers.finite > 0 {
      text += " min \(numbers.minimum) max \(numbers.maximum) mean \(numbers.mean)"
    }
    return text
  }

  private static func crc32(of tensor: Tensor) throws -> UInt {
    var checksum = CZlib.crc32(0, nil, 0)
    for range in tensor.source.pieces {
      try tensor.source.withBytes(range) { bytes in
        checksum = CZlib.crc32_z(
          checksum, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
      }
    }
    return checksum
  }
}
