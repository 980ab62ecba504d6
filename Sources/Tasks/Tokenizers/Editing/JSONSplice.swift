import Documents
import Tensors

/// A JSON document some of whose values are written anew, everything else staying byte for byte as it is.
struct JSONSplice {
  let path: String
  let bytes: [UInt8]
  /// Where the values of the outermost members lie, and those of the members of `model`, as `model.vocab`.
  private let ranges: [String: Range<Int>]
  private var replacements: [(range: Range<Int>, text: [UInt8])] = []

  init(_ path: String) throws {
    self.path = path
    let bytes = try TextFile.read(path)
    self.bytes = bytes
    ranges = try bytes.withUnsafeBufferPointer { bytes throws(Failure) in
      var ranges: [String: Range<Int>] = [:]
      var scanner = JSONScanner(bytes, path: path)
      try scanner.eachMember { (scanner, key) throws(Failure) in
        let name = String(decoding: key, as: UTF8.self)
        _ = scanner.peek()
        let start = scanner.position
        guard name == "model", scanner.peek() == UInt8(ascii: "{") else {
          try scanner.skipValue()
          ranges[name] = start..<scanner.position
          return
        }
        try scanner.eachMember { (scanner, key) throws(Failure) in
          _ = scanner.peek()
          let start = scanner.position
          try scanner.skipValue()
          ranges["model.\(String(decoding: key, as: UTF8.self))"] = start..<scanner.position
        }
      }
      return ranges
    }
  }

  /// A member's value; nil where it is absent.
  func value(_ name: String) throws -> JSON? {
    guard let range = ranges[name] else { return nil }
    return try JSON.parse(Array(bytes[range]), file: path)
  }

  /// Lends a scanner at a member's value; does nothing where there is none.
  func scan(_ name: String, _ body: (inout JSONScanner) throws -> Void) throws {
    guard let range = ranges[name] else { return }
    try bytes.withUnsafeBufferPointer { bytes in
      var scanner = JSONScanner(bytes, at: range.lowerBound, path: path)
      try body(&scanner)
    }
  }

  mutating func replace(_ name: String, with text: [UInt8]) {
    guard let range = ranges[name] else { return }
    replacements.append((range, text))
  }

  /// Writes a member's value anew, where there is one.
  mutating func edit(_ name: String, _ change: (JSON) throws -> JSON) throws {
    guard let value = try value(name), value != .null else { return }
    let changed = try change(value)
    guard changed != value else { return }
    let depth = name.count { $0 == "." } + 1
    let indent = "\n" + String(repeating: "  ", count: depth)
    replace(name, with: [UInt8](changed.text(pretty: true).replacing("\n", with: indent).utf8))
  }

  /// The document with what was replaced.
  var document: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var position = 0
    for (range, text) in replacements.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      result += bytes[position..<range.lowerBound]
      result += text
      position = range.upperBound
    }
    return result + bytes[position...]
  }
}
