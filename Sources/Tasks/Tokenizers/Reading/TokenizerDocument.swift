import Documents
import Tensors

/// A tokenizer.json, or a vocab.json: its settings as a JSON value, its large tables as bytes.
struct TokenizerDocument {
  let path: String
  let bytes: [UInt8]
  /// Everything but the tables, which are null in it.
  let settings: JSON
  /// Where vocabulary and merges of the model begin.
  private let tables: [String: Range<Int>]

  private static let tableNames = ["vocab", "merges"]

  init(_ path: String) throws {
    self.path = path
    bytes = try TextFile.read(path)
    (settings, tables) = try bytes.withUnsafeBufferPointer { bytes in
      let tables = try Self.tables(of: bytes, path)
      return (try Self.settings(of: bytes, without: tables, path), tables)
    }
  }

  /// Walks a table of the model.
  ///
  /// - Throws: ``TokenizerReason/missing(_:)`` if the document has no such table.
  func scan(_ table: String, _ body: (inout JSONScanner) throws -> Void) throws {
    guard let range = tables[table] else {
      throw Failure(TokenizerReason.missing("model.\(table)"), at: Place(file: path))
    }
    try bytes.withUnsafeBufferPointer { bytes in
      var scanner = JSONScanner(bytes, at: range.lowerBound, path: path)
      try body(&scanner)
    }
  }

  /// How many bytes a table has.
  func byteCount(of table: String) -> Int { tables[table]?.count ?? 0 }

  private static func tables(
    of bytes: UnsafeBufferPointer<UInt8>, _ path: String
  ) throws(Failure) -> [String: Range<Int>] {
    var tables: [String: Range<Int>] = [:]
    var scanner = JSONScanner(bytes, path: path)
    try scanner.eachMember { (scanner, key) throws(Failure) in
      guard key.elementsEqual("model".utf8), scanner.peek() == UInt8(ascii: "{") else {
        return try scanner.skipValue()
      }
      tables = [:]
      try scanner.eachMember { (scanner, key) throws(Failure) in
        let name = String(decoding: key, as: UTF8.self)
        _ = scanner.peek()
        let start = scanner.position
        try scanner.skipValue()
        if tableNames.contains(name) { tables[name] = start..<scanner.position }
      }
    }
    return tables
  }

  private static func settings(
    of bytes: UnsafeBufferPointer<UInt8>, without tables: [String: Range<Int>], _ path: String
  ) throws -> JSON {
    var rest: [UInt8] = []
    var start = 0
    for range in tables.values.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      rest += bytes[start..<range.lowerBound]
      rest += Array("null".utf8)
      start = range.upperBound
    }
    rest += bytes[start...]
    return try JSON.parse(rest, file: path)
  }
}

/// Text files that come with a tokenizer.
enum TextFile {
  /// More than any tokenizer has.
  private static let limit = 256 << 20

  /// - Throws: ``Failure`` unless the file is valid UTF-8 of a sensible size.
  static func read(_ path: String) throws -> [UInt8] {
    let file = try InputFile(path)
    guard file.byteCount <= limit else {
      throw Failure(TokenizerReason.vocabularyTooLarge, at: Place(file: path))
    }
    let bytes = try file.bytes(0..<file.byteCount)
    guard !bytes.starts(with: "version https://git-lfs".utf8) else {
      throw Failure(TokenizerReason.lfsPointer, at: Place(file: path))
    }
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      throw Failure(
        TokenizerReason.notUTF8, at: Place(file: path, offset: error.byteOffsets.lowerBound))
    }
    return bytes
  }

  /// Calls a closure with each line, without its end; the last may be without one.
  static func eachLine<E: Error>(
    _ bytes: UnsafeBufferPointer<UInt8>,
    _ body: (_ line: UnsafeBufferPointer<UInt8>, _ offset: Int) throws(E) -> Void
  ) throws(E) {
    var start = 0
    var position = 0
    while position < bytes.count {
      let byte = bytes[position]
      if byte == 0x0A || byte == 0x0D {
        try body(UnsafeBufferPointer(rebasing: bytes[start..<position]), start)
        if byte == 0x0D, position + 1 < bytes.count, bytes[position + 1] == 0x0A { position += 1 }
        start = position + 1
      }
      position += 1
    }
    if start < bytes.count {
      try body(UnsafeBufferPointer(rebasing: bytes[start...]), start)
    }
  }
}
