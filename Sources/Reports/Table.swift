/// Text in columns: a heading, rows, and per column the side on which it is flush.
package struct Table {
  package enum Alignment: Sendable { case left, right }

  private let alignments: [Alignment]
  private var rows: [[String]] = []

  package init(_ columns: (heading: String, alignment: Alignment)...) {
    alignments = columns.map(\.alignment)
    rows = [columns.map(\.heading)]
  }

  package mutating func add(_ cells: String...) {
    precondition(cells.count == alignments.count)
    rows.append(cells)
  }

  package var isEmpty: Bool { rows.count == 1 }

  /// The lines, indented; columns that are empty below their heading are left out.
  package func lines(indent: Int = 2) -> [String] {
    let columns = alignments.indices.filter { column in
      rows.dropFirst().contains { !$0[column].isEmpty }
    }
    let widths = columns.map { column in rows.map { $0[column].displayWidth }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(columns, widths).map { column, width in
        let space = String(repeating: " ", count: width - row[column].displayWidth)
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
