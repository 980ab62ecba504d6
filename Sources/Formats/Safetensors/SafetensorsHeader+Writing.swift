import Tensors

extension SafetensorsHeader {
  /// A tensor and the place of its bytes, relative to the data.
  struct Placed {
    var name: String
    var type: ElementType
    var shape: Shape
    var range: Range<Int>

    init(_ name: String, _ type: ElementType, _ shape: Shape, _ range: Range<Int>) {
      self.name = name
      self.type = type
      self.shape = shape
      self.range = range
    }
  }

  /// The header with its length before it, as the reference writes it: the metadata first, padded with spaces to a
  /// multiple of 8.
  ///
  /// - Parameters:
  ///   - tensors: in the order of their data.
  ///   - size: what it is padded to at least, a multiple of 8.
  static func bytes(
    _ tensors: [Placed], _ metadata: [(key: String, value: String)], paddedTo size: Int = 0
  ) throws -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.map { "\(quoted($0.key)):\(quoted($0.value))" }
      members.append("\"\(Safetensors.metadataKey)\":{\(pairs.joined(separator: ","))}")
    }
    for tensor in tensors {
      let shape = tensor.shape.lengths.map(String.init).joined(separator: ",")
      members.append(
        "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.type.rawValue)\","
          + "\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(tensor.range.lowerBound),\(tensor.range.upperBound)]}")
    }
    var text = [UInt8]("{\(members.joined(separator: ","))}".utf8)
    let padding = max((8 - text.count % 8) % 8, size - 8 - text.count)
    text.append(contentsOf: repeatElement(0x20, count: padding))
    guard text.count <= Safetensors.headerLimit else {
      throw Failure(SafetensorsReason.headerTooLargeToWrite(text.count))
    }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { [UInt8]($0) } + text
  }

  /// A JSON string with the escapes that serde_json chooses.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{8}": result += "\\b"
      case "\u{C}": result += "\\f"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{0}"..<"\u{20}":
        let hex = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
