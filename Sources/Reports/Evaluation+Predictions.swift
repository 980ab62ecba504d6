import Documents
import Tasks

extension Evaluation {
  /// What was predicted for each example, as text: for questions a JSON object of answers by id, as
  /// SQuAD's official script reads it; for tags a word, the right tag and the predicted one in a line,
  /// and an empty line between sentences; else a table with a heading, tabs between.
  public func predictionText(_ write: (String) throws -> Void) throws {
    switch task.kind {
    case .qa: try write(answers.text() + "\n")
    case .tags: try writeTags(write)
    case .classification, .pair, .regression, .similarity: try writeTable(write)
    }
  }

  private var answers: JSON {
    .object(
      zip(task.examples, predictions).map { example, prediction in
        guard case .answer(let text) = prediction else { return ("", .null) }
        return (example.id ?? "\(example.line)", .string(text))
      })
  }

  private func writeTags(_ write: (String) throws -> Void) throws {
    for (example, prediction) in zip(task.examples, predictions) {
      guard case .tags(let tags, _) = prediction, case .tags(let gold) = example.gold else {
        continue
      }
      for (index, word) in example.words.enumerated() {
        try write("\(cell(word))\t\(cell(gold[index]))\t\(cell(labels[tags[index]]))\n")
      }
      try write("\n")
    }
  }

  private func writeTable(_ write: (String) throws -> Void) throws {
    let scored = task.kind == .classification || task.kind == .pair
    let columns = scored ? labels.map { "logit_\(cell($0))" } : []
    try write((["line", "gold", "prediction"] + columns).joined(separator: "\t") + "\n")
    for (example, prediction) in zip(task.examples, predictions) {
      let cells = ["\(example.line)", cell(example.gold.text)] + cells(prediction)
      try write(cells.joined(separator: "\t") + "\n")
    }
  }

  private func cells(_ prediction: Prediction) -> [String] {
    switch prediction {
    case .label(let index, let scores): [cell(labels[index])] + scores.map { "\($0)" }
    case .score(let value), .similarity(let value, _, _): ["\(value)"]
    case .tags, .answer: []
    }
  }
}

/// A text fit for a cell of a table: tabs and ends of lines become spaces.
private func cell(_ text: String) -> String {
  guard text.utf8.contains(where: { 0x09...0x0D ~= $0 }) else { return text }
  return String(decoding: text.utf8.map { 0x09...0x0D ~= $0 ? 0x20 : $0 }, as: UTF8.self)
}

extension Gold {
  fileprivate var text: String {
    switch self {
    case .label(let label): label
    case .score(let value): "\(value)"
    case .tags, .answers: ""
    }
  }
}
