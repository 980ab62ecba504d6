/// A part of a report, whatever form it is shown in: reports are put together once, of these.
enum ReportBlock {
  /// What the report is of.
  case title(String)
  /// Which of several models the next parts are of.
  case subject(String)
  /// What the next parts are about; text leaves it out where the table's own heading says as much.
  case heading(String)
  /// A line each.
  case lines([String])
  case table(Table)
  /// What is long and not for everyone; text and Markdown have it only if it was asked for.
  case details(String, Table, isAsked: Bool)
  /// A plot, which pages have and the other forms have not.
  case figure(Figure)
  /// Text that is to be kept as it is.
  case verbatim(String)
  /// What the words mean; text leaves it to the manual.
  case definitions([(term: String, meaning: String)])
  case notes([String])
}

extension [ReportBlock] {
  /// The report as a person likes to read it in a terminal.
  var text: String {
    var lines: [String] = []
    for block in self {
      guard let part = block.lines else { continue }
      lines += lines.isEmpty || block.belongsToName ? part : [""] + part
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension ReportBlock {
  /// Whether it stands under a name without an empty line between.
  fileprivate var belongsToName: Bool { if case .lines = self { true } else { false } }

  /// The lines in a terminal; nil where there are none.
  fileprivate var lines: [String]? {
    switch self {
    case .title(let name), .subject(let name): [name]
    case .lines(let lines): lines.map { "  " + $0 }
    case .table(let table): table.isEmpty ? nil : table.lines()
    case .details(_, let table, let isAsked): isAsked && !table.isEmpty ? table.lines() : nil
    case .verbatim(let text): text.split(separator: "\n").map { "  " + $0 }
    case .notes(let notes): notes.isEmpty ? nil : notes.map { "  note: " + $0 }
    case .heading, .figure, .definitions: nil
    }
  }
}
