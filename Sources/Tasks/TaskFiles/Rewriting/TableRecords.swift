import Tensors

/// The rows of a table, as its file has them.
struct TableRecords: RecordForm {
  /// The first row, with its end, where it names the columns.
  private(set) var header: [UInt8] = []
  private let source: SourceText
  private let form: DelimitedRows.Form
  private var rows: [Row] = []

  /// A row without its end, and its texts, by their bytes.
  private struct Row {
    var range: Range<Int>
    var text: DelimitedRows.Field
    var second: DelimitedRows.Field?
  }

  init(
    _ source: SourceText, _ form: DelimitedRows.Form, _ description: TaskDescription
  ) throws {
    self.source = source
    self.form = form
    try source.withBytes { bytes in
      var rows = DelimitedRows(bytes, form)
      guard try rows.next() else { return }
      let first = rows.texts
      let hasHeader = TableExamples(source, form, description).hasHeader(first)
      if hasHeader { header = Array(bytes[rows.range]) + [UInt8(ascii: "\n")] }
      guard try !hasHeader || rows.next() else { return }
      let columns = try TableColumns(
        description, names: hasHeader ? first : [], firstRow: rows.texts,
        width: form == .commas ? first.count : nil)
      repeat {
        self.rows.append(
          Row(
            range: rows.range, text: rows.fields[columns.text],
            second: columns.second.map { rows.fields[$0] }))
      } while try rows.next()
    }
  }

  var count: Int { rows.count }

  func record(_ index: Int) -> [UInt8] { source.withBytes { Array($0[rows[index].range]) } }

  func record(_ index: Int, _ first: String, _ second: String?) -> [UInt8] {
    let row = rows[index]
    var fields = [(row.text, first)]
    if let field = row.second, let second { fields.append((field, second)) }
    fields.sort { $0.0.range.lowerBound < $1.0.range.lowerBound }
    return source.withBytes { bytes in
      var result: [UInt8] = []
      var position = row.range.lowerBound
      for (field, text) in fields where field.range.lowerBound >= position {
        result += bytes[position..<field.range.lowerBound]
        result += written(text, isQuoted: field.isQuoted)
        position = field.range.upperBound
      }
      return result + bytes[position..<row.range.upperBound]
    }
  }

  private func written(_ text: String, isQuoted: Bool) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    let needsQuotes = text.utf8.contains {
      [quote, UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains($0)
    }
    guard form == .commas, isQuoted || needsQuotes else { return Array(text.utf8) }
    return [quote] + text.utf8.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
  }
}

extension DelimitedRows {
  /// The bytes of this row, without its end.
  fileprivate var range: Range<Int> {
    guard let first = fields.first, let last = fields.last else { return 0..<0 }
    return first.range.lowerBound..<last.range.upperBound
  }
}
