import Tensors

extension [ReportBlock] {
  /// The report as GitHub-flavoured Markdown.
  var markdown: String {
    compactMap(\.markdown).joined(separator: "\n\n") + "\n"
  }
}

extension ReportBlock {
  fileprivate var markdown: String? {
    switch self {
    case .title(let title): "# " + escaped(title)
    case .subject(let heading), .heading(let heading): "## " + escaped(heading)
    case .lines(let lines): lines.map(escaped).joined(separator: "  \n")
    case .table(let table): table.isEmpty ? nil : table.markdown
    case .details(let heading, let table, let isAsked):
      isAsked && !table.isEmpty ? "## \(escaped(heading))\n\n" + table.markdown : nil
    case .figure: nil
    case .verbatim(let text): fenced(text)
    case .definitions(let definitions):
      definitions.map { "- **\(escaped($0.term))**: \(escaped($0.meaning))" }
        .joined(separator: "\n")
    case .notes(let notes):
      notes.isEmpty ? nil : notes.map { "> " + escaped($0) }.joined(separator: "  \n")
    }
  }
}

extension Table {
  /// The table between pipes.
  fileprivate var markdown: String {
    let (alignments, headings, rows) = shown
    let rule = alignments.map { $0 == .left ? ":--" : "--:" }
    return ([headings.map(escaped), rule] + rows.map { $0.map(escaped) })
      .map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
  }
}

/// Text of which Markdown takes nothing for its own.
private func escaped(_ text: String) -> String {
  text.reduce(into: "") { result, character in
    if "\\`*_{}[]<>#|~!&".contains(character) { result.append("\\") }
    result.append(character == "\n" ? " " : character)
  }
}

/// Text in a fence that is longer than any in it.
private func fenced(_ text: String) -> String {
  var (run, longest) = (0, 2)
  for character in text {
    run = character == "`" ? run + 1 : 0
    longest = max(longest, run)
  }
  let fence = String(repeating: "`", count: longest + 1)
  return "\(fence)yaml\n\(text.hasSuffix("\n") ? text : text + "\n")\(fence)"
}
