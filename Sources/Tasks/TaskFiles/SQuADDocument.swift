import Documents
import Tensors

/// A data set in the form of SQuAD 1.1 or 2.0 (Rajpurkar et al., 2016 and 2018): articles of paragraphs,
/// each a context with questions.
struct SQuADDocument {
  private let articles: [JSONNode]
  private var contents = TaskContents(kind: .qa)

  init(_ document: JSONNode, _ articles: [JSONNode]) {
    self.articles = articles
    // Data sets of SQuAD 2.0 say so; those that copied only its form show it.
    let version = document.value["version"]?.string ?? ""
    contents.allowsNoAnswer = version.hasPrefix("v2") || version.hasPrefix("2.")
  }

  consuming func read() throws -> TaskContents {
    for article in articles {
      for paragraph in try article.required("paragraphs").elements() {
        let context = AnswerContext(try paragraph.required("context").text())
        for question in try paragraph.required("qas").elements() { try add(question, context) }
      }
    }
    return contents
  }

  private mutating func add(_ node: JSONNode, _ context: AnswerContext) throws {
    let isImpossible = node.member("is_impossible")
    if let isImpossible, isImpossible.value.bool == nil {
      throw isImpossible.wrong("a truth value")
    }
    var answers: [Answer] = []
    if isImpossible?.value.bool == true {
      contents.allowsNoAnswer = true
    } else {
      let list = try node.required("answers")
      answers = try list.elements().map {
        try context.answer($0.required("text"), $0.member("answer_start"), &contents.notes)
      }
      if answers.isEmpty { throw Failure(JSONTaskReason.noAnswer(list.path)) }
    }
    contents.examples.append(
      Example(
        line: contents.examples.count + 1, id: try node.required("id").label(),
        text: try node.required("question").text(), second: context.text, gold: .answers(answers)))
  }
}

/// A context in which answers are placed.
struct AnswerContext {
  let text: String
  private let scalarCount: Int
  /// Where each scalar begins, in bytes; nil where every one is a byte long.
  private let starts: [Int]?

  init(_ text: String) {
    self.text = text
    var (starts, position): ([Int], Int) = ([], 0)
    let count = text.unicodeScalars.count
    if count != text.utf8.count {
      starts.reserveCapacity(count)
      for scalar in text.unicodeScalars {
        starts.append(position)
        position += UTF8.width(scalar)
      }
    }
    scalarCount = count
    self.starts = starts.isEmpty ? nil : starts
  }

  /// - Parameter start: counted in scalars, as Python counts.
  func answer(_ text: JSONNode, _ start: JSONNode?, _ notes: inout TaskNotes) throws -> Answer {
    let answer = try text.text()
    guard let start else { return Answer(text: answer) }
    let offset = try start.integer()
    guard 0...scalarCount ~= offset else {
      throw Failure(JSONTaskReason.answerBeyond(start.path, start: offset, count: scalarCount))
    }
    let place = offset == scalarCount ? self.text.utf8.count : starts?[offset] ?? offset
    let rest = self.text.utf8.dropFirst(place)
    guard rest.starts(with: answer.utf8) else {
      notes.movedAnswers += 1
      return Answer(text: answer)
    }
    return Answer(text: answer, start: place)
  }
}
