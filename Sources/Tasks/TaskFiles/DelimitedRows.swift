import Documents
import Glibc
import Tensors

/// The rows of a table in which a delimiter stands between fields.
struct DelimitedRows {
  /// How fields are told apart.
  enum Form: Sendable {
    /// Tabs between fields, quotes as they are: the files of GLUE.
    case tabs
    /// Commas between fields; a field in quotes may hold commas, line ends and doubled quotes (RFC
    /// 4180). What follows a closing quote belongs to the field, as in Python's csv.
    case commas
  }

  /// A field's place among the bytes; in quotes if these still have to be resolved.
  struct Field {
    var range: Range<Int>
    var isQuoted = false
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private let form: Form
  private var position = 0
  private var nextLine = 1
  /// The line on which the row begins, counted from one.
  private(set) var line = 0
  private(set) var fields: [Field] = []
  private(set) var emptyLines = 0

  /// - Parameter bytes: valid UTF-8, which must outlive the rows.
  init(_ bytes: UnsafeBufferPointer<UInt8>, _ form: Form) {
    self.bytes = bytes
    self.form = form
  }

  /// Goes on to the next row that holds anything; false at the end.
  ///
  /// - Throws: ``Failure`` where a quote is never closed, or where there are more columns than any table has.
  mutating func next() throws -> Bool {
    while position < bytes.count {
      fields.removeAll(keepingCapacity: true)
      line = nextLine
      switch form {
      case .tabs: try readTabs()
      case .commas: try readCommas()
      }
      let isEmpty = fields.count == 1 && !fields[0].isQuoted && isBlank(fields[0].range)
      if !isEmpty { return true }
      emptyLines += 1
    }
    return false
  }

  /// The text of a field of this row.
  func text(_ index: Int) -> String {
    let field = fields[index]
    let raw = UnsafeBufferPointer(rebasing: bytes[field.range])
    return field.isQuoted
      ? String(decoding: unquoted(raw), as: UTF8.self) : String(decoding: raw, as: UTF8.self)
  }

  /// The text of every field of this row.
  var texts: [String] { fields.indices.map(text) }

  private mutating func readTabs() throws {
    let end = find(UInt8(ascii: "\n"), position..<bytes.count) ?? bytes.count
    let last = end > position && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
    var start = position
    while let tab = find(UInt8(ascii: "\t"), start..<last) {
      try append(Field(range: start..<tab))
      start = tab + 1
    }
    try append(Field(range: start..<last))
    position = end + 1
    nextLine += 1
  }

  private mutating func readCommas() throws {
    while true {
      let start = position
      var isQuoted = false
      if position < bytes.count, bytes[position] == quote {
        isQuoted = true
        try skipQuotes(from: start)
      }
      while position < bytes.count, bytes[position] != comma, bytes[position] != newline {
        position += 1
      }
      let isLast = position >= bytes.count || bytes[position] == newline
      var end = position
      if isLast, end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
      try append(Field(range: start..<end, isQuoted: isQuoted))
      position += 1
      if isLast { break }
    }
    nextLine += 1
  }

  private mutating func append(_ field: Field) throws {
    guard fields.count < TaskDescription.columnLimit else {
      throw Failure(TextReason(line: line, TableReason.tooManyColumns))
    }
    fields.append(field)
  }

  /// Leaves the position behind the quote that closes a field; line ends within it are counted.
  private mutating func skipQuotes(from start: Int) throws {
    position = start + 1
    while position < bytes.count {
      if bytes[position] == newline { nextLine += 1 }
      if bytes[position] == quote {
        guard position + 1 < bytes.count, bytes[position + 1] == quote else {
          position += 1
          return
        }
        position += 1
      }
      position += 1
    }
    throw Failure(TextReason(line: line, TableReason.openQuote))
  }

  /// The content of a field that begins with a quote.
  private func unquoted(_ raw: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(raw.count)
    var (index, isInside) = (1, true)
    while index < raw.count {
      if isInside, raw[index] == quote {
        if index + 1 < raw.count, raw[index + 1] == quote {
          result.append(quote)
          index += 1
        } else {
          isInside = false
        }
      } else {
        result.append(raw[index])
      }
      index += 1
    }
    return result
  }

  private func isBlank(_ range: Range<Int>) -> Bool {
    bytes[range].allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }

  private func find(_ byte: UInt8, _ range: Range<Int>) -> Int? {
    guard !range.isEmpty else { return nil }
    let start = bytes.baseAddress! + range.lowerBound
    return memchr(start, Int32(byte), range.count).map {
      $0 - UnsafeMutableRawPointer(mutating: bytes.baseAddress!)
    }
  }
}

private let quote = UInt8(ascii: "\"")
private let comma = UInt8(ascii: ",")
private let newline = UInt8(ascii: "\n")
