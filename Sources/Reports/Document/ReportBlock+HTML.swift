extension [ReportBlock] {
  /// The report as one page that needs nothing beside it: no network, no scripts.
  var html: String {
    let title = firstTitle ?? "pare"
    let page = Markup.element(
      "html", ["lang": "en"],
      [
        .element(
          "head", [:],
          [
            .element("meta", ["charset": "utf-8"]),
            .element(
              "meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            .element("meta", ["name": "color-scheme", "content": "light dark"]),
            .element("title", text: title), .style(styleSheet),
          ]),
        .element("body", [:], [.element("main", [:], map(\.html))]),
      ])
    return "<!DOCTYPE html>\n" + page.source + "\n"
  }

  private var firstTitle: String? {
    lazy.compactMap { if case .title(let title) = $0 { title } else { nil } }.first
  }
}

extension ReportBlock {
  fileprivate var html: Markup {
    switch self {
    case .title(let title): .element("h1", text: title)
    case .subject(let name): .element("h2", ["class": "subject"], text: name)
    case .heading(let heading): .element("h2", text: heading)
    case .lines(let lines):
      .element("p", ["class": "facts"], lines.map { .element("span", text: $0) })
    case .table(let table): table.html(named: nil)
    case .details(let heading, let table, _):
      .element("details", [:], [.element("summary", text: heading), table.html(named: heading)])
    case .figure(let figure): figure.html
    case .verbatim(let text): .element("pre", [:], [.element("code", text: text)])
    case .definitions(let definitions):
      .element(
        "dl", [:],
        definitions.flatMap {
          [.element("dt", text: $0.term), .element("dd", text: $0.meaning)] as [Markup]
        })
    case .notes(let notes):
      notes.isEmpty
        ? .text("") : .element("ul", ["class": "notes"], notes.map { .element("li", text: $0) })
    }
  }
}

extension Table {
  /// The table, in a frame that can be scrolled sideways by hand and by keyboard.
  fileprivate func html(named name: String?) -> Markup {
    let (alignments, headings, rows) = shown
    guard !rows.isEmpty else { return .text("") }
    func style(_ column: Int) -> String { alignments[column] == .left ? "left" : "right" }
    let head = headings.indices.map { column in
      Markup.element("th", ["scope": "col", "class": style(column)], text: headings[column])
    }
    let body = rows.map { row in
      Markup.element(
        "tr", [:],
        row.indices.map { column in
          column == 0
            ? .element("th", ["scope": "row", "class": style(0)], text: row[0])
            : .element("td", ["class": style(column)], text: row[column])
        })
    }
    let table = Markup.element(
      "table", [:],
      [.element("thead", [:], [.element("tr", [:], head)]), .element("tbody", [:], body)])
    let label = name ?? headings.first ?? ""
    return .element(
      "div", ["class": "scroll", "role": "region", "aria-label": label, "tabindex": "0"], [table])
  }
}
