import Checkpoints
import Tensors
import TestSupport

@testable import Formats

/// A GGUF file made by hand: each part can be made wrong.
struct HandmadeGGUF {
  var magic = [UInt8]("GGUF".utf8)
  var version: UInt32 = 3
  /// Nil for as many as there are.
  var tensorCount: UInt64?
  var valueCount: UInt64?
  var values: [[UInt8]] = []
  var tensors: [[UInt8]] = []
  /// Bytes behind the padded structure.
  var data = 64

  var bytes: [UInt8] {
    var bytes = magic + little(version)
    bytes += little(tensorCount ?? UInt64(tensors.count))
    bytes += little(valueCount ?? UInt64(values.count))
    bytes += values.flatMap(\.self) + tensors.flatMap(\.self)
    bytes += [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32)
    return bytes + (0..<data).map { UInt8(truncatingIfNeeded: $0) }
  }

  static func value(_ key: String, _ kind: UInt32, _ payload: [UInt8]) -> [UInt8] {
    text(key) + little(kind) + payload
  }

  /// - Parameter lengths: the innermost axis first, as the file has them.
  static func tensor(
    _ name: String, _ lengths: [UInt64], type: UInt32 = 0, offset: UInt64 = 0, rank: UInt32? = nil
  ) -> [UInt8] {
    text(name) + little(rank ?? UInt32(lengths.count)) + lengths.flatMap(little) + little(type)
      + little(offset)
  }

  static func text(_ text: String) -> [UInt8] { text8([UInt8](text.utf8)) }
  static func text8(_ bytes: [UInt8]) -> [UInt8] { little(UInt64(bytes.count)) + bytes }
}

func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) }
}

extension GGUFFormat {
  func read(_ path: String) throws -> Container { try read(path, options: ReadOptions()) }
}
