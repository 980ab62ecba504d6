/// Text in columns: a heading, rows, and per column the side on which it is flush.
package struct Table: Sendable {
  package enum Alignment: Sendable { case left, right }

  private let alignments: [Alignment]
  /// The headings first.
  private var rows: [[String]] = []

  package init(_ columns: (heading: String, alignment: Alignment)...) {
    self.init(columns: columns)
  }

  package init(columns: [(heading: String, alignment: Alignment)]) {
    alignments = columns.map(\.alignment)
    rows = [columns.map(\.heading)]
  }

  package mutating func add(_ cells: String...) { add(cells: cells) }

  package mutating func add(cells: [String]) {
    precondition(cells.count == alignments.count)
    rows.append(cells)
  }

  package var isEmpty: Bool { rows.count == 1 }

  /// What is shown: columns that are empty below their heading are left out.
  var shown: (alignments: [Alignment], headings: [String], rows: [[String]]) {
    let columns = alignments.indices.filter { column in
      rows.dropFirst().contains { !$0[column].isEmpty }
    }
    let shown = rows.map { row in columns.map { row[$0] } }
    return (columns.map { alignments[$0] }, shown[0], Array(shown.dropFirst()))
  }

  /// The lines, indented.
  package func lines(indent: Int = 2) -> [String] {
    let (alignments, headings, rows) = shown
    let lines = [headings] + rows
    let widths = headings.indices.map { column in lines.map { $0[column].displayWidth }.max() ?? 0 }
    return lines.map { row in
      let cells = row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].displayWidth)
        return alignments[column] == .left ? row[column] + space : space + row[column]
      }
      let line = String(repeating: " ", count: indent) + cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}

extension String {
  /// The columns that the text takes in a terminal, if none of its characters is wide.
  fileprivate var displayWidth: Int { count }
}
