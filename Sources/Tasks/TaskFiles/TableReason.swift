import Tensors

/// What can be wrong with the rows of a task.
enum TableReason: Reason {
  case openQuote
  case tooManyColumns
  case unknownColumns([String], names: [String])
  case noColumn(TaskDescription.Column, names: [String])
  case nameWithoutHeader(String)
  case numberInObject(Int)
  case tooFewColumns(needed: Int, found: Int)
  case wrongCount(expected: Int, found: Int)
  case notANumber(String)
  case noExamples
  case kindNeeds(Task.Kind, String)

  var description: String {
    switch self {
    case .openQuote: "a quote that begins in this row is never closed"
    case .tooManyColumns: "the row has more than \(TaskDescription.columnLimit) columns"
    case .unknownColumns(let fields, let names):
      "which column holds \(fields.joined(separator: " and ")) is not known; "
        + (names.isEmpty ? "the table has no header" : "the columns are \(listing(names))")
    case .noColumn(let column, let names):
      "there is no column \(column); the columns are \(listing(names))"
    case .nameWithoutHeader(let name):
      "the column '\(printable(name))' is asked for by name, but the table has no header"
    case .numberInObject(let number):
      "column \(number) is asked for by number, but objects have names"
    case .tooFewColumns(let needed, let found):
      "column \(needed) is needed, but the row ends after \(found)"
    case .wrongCount(let expected, let found):
      "\(expected) columns are expected, as in the first row, but there are \(found)"
    case .notANumber(let text): "a score should be a number, but is '\(printable(text))'"
    case .noExamples: "holds no examples"
    case .kindNeeds(let kind, let what):
      "a task of kind \(kind.rawValue) is read from \(what)"
    }
  }

  var hint: String? {
    switch self {
    case .unknownColumns(let fields, let names):
      names.isEmpty
        ? "give columns " + fields.enumerated().map { "\($1)=\($0 + 1)" }.joined(separator: ",")
        : "give columns " + fields.map { "\($0)=NAME" }.joined(separator: ",")
          + ", or their numbers if the first row does not hold names"
    case .wrongCount: "text with commas needs quotes"
    case .nameWithoutHeader: "give the column's number, counted from one"
    default: nil
    }
  }
}

/// The number that a text is, unless it is infinite or not a number.
func finiteNumber(_ text: String) -> Double? {
  // Only what begins like a decimal number: not nan, infinity or hexadecimal.
  let start = text.utf8.first { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "+") }
  guard let start, start == UInt8(ascii: ".") || start &- UInt8(ascii: "0") < 10,
    !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }),
    let number = Double(text), number.isFinite
  else { return nil }
  return number
}
