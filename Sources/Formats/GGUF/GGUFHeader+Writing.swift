import Checkpoints
import Tensors

extension GGUFHeader {
  /// A tensor as the structure of a file names it.
  struct Placed {
    var name: String
    var shape: Shape
    /// The number of its type.
    var type: UInt32
    /// From the beginning of the data.
    var offset: Int
  }

  /// The structure of a file of version 3, padded up to its data.
  static func bytes(
    _ attributes: [(key: String, value: Attribute)], _ tensors: [Placed], alignment: Int
  ) -> [UInt8] {
    var writer = StructureWriter()
    writer.bytes += GGUFFormat.magic
    writer.append(UInt32(3))
    writer.append(UInt64(tensors.count))
    writer.append(UInt64(attributes.count))
    for (key, value) in attributes {
      writer.append(key)
      writer.append(value.kind.rawValue)
      writer.append(value)
    }
    for tensor in tensors {
      writer.append(tensor.name)
      writer.append(UInt32(tensor.shape.rank))
      for length in tensor.shape.lengths.reversed() { writer.append(UInt64(length)) }
      writer.append(tensor.type)
      writer.append(UInt64(tensor.offset))
    }
    let padding = GGUF.aligned(writer.bytes.count, to: alignment) - writer.bytes.count
    return writer.bytes + [UInt8](repeating: 0, count: padding)
  }
}

/// Appends numbers and texts as GGUF has them.
private struct StructureWriter {
  var bytes: [UInt8] = []

  mutating func append<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }

  mutating func append(_ text: String) {
    append(UInt64(text.utf8.count))
    bytes += text.utf8
  }

  /// The value without its kind.
  mutating func append(_ value: Attribute) {
    switch value {
    case .uint8(let value): append(value)
    case .int8(let value): append(value)
    case .uint16(let value): append(value)
    case .int16(let value): append(value)
    case .uint32(let value): append(value)
    case .int32(let value): append(value)
    case .uint64(let value): append(value)
    case .int64(let value): append(value)
    case .float32(let value): append(value.bitPattern)
    case .float64(let value): append(value.bitPattern)
    case .bool(let value): append(value ? 1 : 0 as UInt8)
    case .string(let text): append(text)
    case .array(let kind, let values):
      append(kind.rawValue)
      append(UInt64(values.count))
      for value in values { append(value) }
    }
  }
}
