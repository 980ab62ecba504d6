import Documents
import Tensors

/// Objects that hold a question, a context and answers: SQuAD made flat.
///
/// Answers are `{"text": […], "answer_start": […]}` or `[{"text": …, "answer_start": …}, …]`; where any are
/// empty the rules of SQuAD 2.0 hold.
struct QuestionRecords: RecordReading {
  private var contents = TaskContents(kind: .qa)
  private let id: String?
  private let question: String
  private let context: String
  private let answers: String

  init(_ description: TaskDescription, _ names: [String]) throws {
    id = try? Self.key(.id, ["id"], description, names)
    question = try Self.key(.question, ["question"], description, names)
    context = try Self.key(.context, ["context"], description, names)
    answers = try Self.key(.answers, ["answers"], description, names)
  }

  mutating func add(_ node: JSONNode, line: Int) throws {
    let context = AnswerContext(try node.required(context).text())
    let answers = try answers(node.required(answers)).map { text, start in
      try context.answer(text, start, &contents.notes)
    }
    if answers.isEmpty { contents.allowsNoAnswer = true }
    contents.examples.append(
      Example(
        line: line, id: try id.flatMap(node.member)?.label(),
        text: try node.required(question).text(), second: context.text, gold: .answers(answers)))
  }

  func finished() -> TaskContents { contents }

  private func answers(_ node: JSONNode) throws -> [(JSONNode, JSONNode?)] {
    guard node.value.members != nil else {
      return try node.elements().map { (try $0.required("text"), $0.member("answer_start")) }
    }
    let texts = try node.required("text").elements()
    let starts = try node.member("answer_start")?.elements()
    guard starts == nil || starts?.count == texts.count else {
      throw node.wrong("as many texts as starts")
    }
    return texts.enumerated().map { ($1, starts?[$0]) }
  }
}
