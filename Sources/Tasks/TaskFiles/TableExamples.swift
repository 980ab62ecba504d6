import Documents
import Tensors

/// The examples of a table, a row each.
struct TableExamples {
  private let source: SourceText
  private let description: TaskDescription
  private let form: DelimitedRows.Form

  init(_ source: SourceText, _ form: DelimitedRows.Form, _ description: TaskDescription) {
    self.source = source
    self.form = form
    self.description = description
  }

  func read() throws -> TaskContents {
    do {
      return try source.withBytes { bytes in
        var rows = DelimitedRows(bytes, form)
        return try read(&rows)
      }
    } catch let failure as Failure {
      throw failure.within(Place(file: source.path))
    }
  }

  private func read(_ rows: inout DelimitedRows) throws -> TaskContents {
    guard try rows.next() else { throw Failure(TableReason.noExamples) }
    let first = rows.texts
    let hasHeader = hasHeader(first)
    guard try !hasHeader || rows.next() else { throw Failure(TableReason.noExamples) }
    let columns = try TableColumns(
      description, names: hasHeader ? first : [], firstRow: rows.texts,
      width: form == .commas ? first.count : nil)
    var contents = TaskContents(kind: columns.kind)
    repeat {
      contents.examples.append(try columns.example(rows))
    } while try rows.next()
    contents.notes.emptyLines = rows.emptyLines
    return contents
  }

  /// Whether the first row holds names. Unless that is said it does, but for columns that are asked for by
  /// numbers: then it does if these have names that are usual.
  func hasHeader(_ first: [String]) -> Bool {
    if let header = description.header { return header }
    return description.columns.values.allSatisfy { column in
      guard case .number(let number) = column else { return true }
      return first.indices.contains(number - 1)
        && UsualColumns.all.contains(first[number - 1].lowercased())
    }
  }
}

/// The columns of a table that its examples are made of, by their indices.
struct TableColumns {
  let kind: Task.Kind
  let text: Int
  let second: Int?
  private let gold: Int
  /// How many columns every row must have, if that is known.
  private let width: Int?

  init(
    _ description: TaskDescription, names: [String], firstRow: [String], width: Int?
  ) throws {
    func index(of column: TaskDescription.Column) throws -> Int {
      switch column {
      case .number(let number): return number - 1
      case .name(let name):
        if let index = names.firstIndex(of: name) { return index }
        throw Failure(
          names.isEmpty
            ? TableReason.nameWithoutHeader(name) : TableReason.noColumn(column, names: names))
      }
    }
    let layout = try RowLayout(description, names: names) { column in
      (try? index(of: column)).flatMap { firstRow.indices.contains($0) ? firstRow[$0] : nil }
    }
    kind = layout.kind
    text = try index(of: layout.text)
    second = try layout.second.map(index)
    gold = try index(of: layout.gold)
    self.width = width
  }

  func example(_ rows: DelimitedRows) throws -> Example {
    let count = rows.fields.count
    if let width, count != width {
      throw failure(rows, .wrongCount(expected: width, found: count))
    }
    let last = max(text, second ?? 0, gold)
    guard last < count else { throw failure(rows, .tooFewColumns(needed: last + 1, found: count)) }
    return Example(
      line: rows.line, text: rows.text(text), second: second.map(rows.text),
      gold: try gold(rows))
  }

  private func gold(_ rows: DelimitedRows) throws -> Gold {
    let text = rows.text(gold)
    guard kind == .regression || kind == .similarity else { return .label(text) }
    guard let score = finiteNumber(text) else { throw failure(rows, .notANumber(text)) }
    return .score(score)
  }

  private func failure(_ rows: DelimitedRows, _ reason: TableReason) -> Failure {
    Failure(TextReason(line: rows.line, reason))
  }
}
