import Documents
import Tensors
import TestSupport
import Testing

@testable import Tasks

@Suite struct JSONTaskTests {
  @Test func linesAndLists() throws {
    let lines = #"{"text": "a", "label": "x"}"# + "\r\n\n" + #"{"label": 3, "text": "b\n"}"#
    for name in ["dev.jsonl", "dev.json", "dev.txt", "dev"] {
      let task = try readTask(name, lines)
      #expect(task.kind == .classification)
      #expect(task.texts == ["a", "b\n"])
      #expect(task.golds == [.label("x"), .label("3")])
      #expect(task.examples.map(\.line) == [1, 3])
      #expect(task.notes.emptyLines == 1)
    }
    let list = #"[{"text": "a", "label": true}, {"text": "b", "label": 0}]"#
    #expect(try readTask("dev.json", list).golds == [.label("true"), .label("0")])
    let inside = #"{"data": [{"sentence1": "a", "sentence2": "b", "label": 0.5}]}"#
    let task = try readTask("dev.json", inside)
    #expect(task.kind == .similarity)
    #expect(task.golds == [.score(0.5)])
    #expect(
      try readTask("dev.jsonl", #"{"premise": "a", "hypothesis": "b", "label": 0}"#).kind == .pair)
  }

  @Test func namesOfOwnChoice() throws {
    let line =
      #"{"body": "a", "stars": 4, "toks": ["Rio"], "t": [1], "q": "?", "c": "d e", "a": [{"text": "e", "answer_start": 2}]}"#
    #expect(
      try readTask("x.jsonl", line, options(columns: "text=body,label=stars")).golds == [
        .label("4")
      ])
    #expect(
      try readTask("x.jsonl", line, options(columns: "text=body,score=stars")).kind == .regression)
    let tags = try readTask(
      "x.jsonl", line, options(.tags, columns: "tokens=toks,tags=t", labels: "O,B-LOC"))
    #expect(tags.golds == [.tags(["B-LOC"])])
    let answers = try readTask("x.jsonl", line, options(columns: "question=q,context=c,answers=a"))
    #expect(answers.golds == [.answers([Answer(text: "e", start: 2)])])
    #expect(answers.examples[0].id == nil)
  }

  @Test(arguments: [
    (
      #"{"text": "a", "label": 1}"# + "\n" + #"{"text": "a"}"#,
      "dev.jsonl: line 2: the value lacks 'label'; it has text"
    ),
    (#"{"text": 1, "label": 1}"#, "line 1: text should be text, but is a number"),
    (#"{"text": null, "label": 1}"#, "line 1: text should be text, but is null"),
    (#"{"text": "a", "label": [1]}"#, "line 1: label should be a label, but is a list"),
    (#"{"text": "a", "score": "high"}"#, "line 1: a score should be a number, but is 'high'"),
    (#"{"text": "a", "score": {}}"#, "line 1: score should be a number, but is an object"),
    (
      #"{"text": "a", "label": 1}"# + "\n[1]",
      "line 2: the value should be an object, but is a list"
    ),
    ("3", "line 1: the value should be an object, but is a number"),
    (#"{"text": "a", "label": 1"#, "line 1: is not valid JSON: "),
    (#"{"words": ["a"], "tags": ["O", "O"]}"#, "line 1: there are 1 tokens but 2 tags"),
    (
      #"{"words": ["a"], "tags": [0]}"#,
      "line 1: the tag is the number 0, but the task declares no labels"
    ),
    (#"{"words": ["a", 1], "tags": []}"#, "line 1: words[1] should be text, but is a number"),
    (#"{"words": "a", "tags": []}"#, "line 1: words should be a list, but is text"),
    ("\n", "dev.jsonl: holds no examples"),
    (#"{"a": 1}"#, "which column holds text is not known; the columns are a"),
    (
      #"{"question": "?", "context": "abc", "answers": {"text": ["c"], "answer_start": []}}"#,
      "line 1: answers should be as many texts as starts"
    ),
    (
      #"{"question": "?", "context": "abc", "answers": [{"text": "c", "answer_start": 4}]}"#,
      "line 1: answers[0].answer_start begins at character 4 of a context of 3"
    ),
    (
      #"{"question": "?", "context": "abc", "answers": [{"answer_start": 4}]}"#,
      "line 1: answers[0] lacks 'text'; it has answer_start"
    ),
  ])
  func saysWhatIsWrong(_ text: String, _ expected: String) {
    let found = message { try readTask("dev.jsonl", text) }
    #expect(found.contains(expected), "\(found)")
  }

  private func squad(_ questions: String, version: String = "1.1") -> String {
    #"{"version": "\#(version)", "data": [{"paragraphs": [{"context": "grün und blau", "qas": [\#(questions)]}]}]}"#
  }

  @Test(arguments: [
    (
      #"{"id": "a", "question": "?", "answers": []}"#,
      "qas[0].answers holds no answer, but is not said to be impossible"
    ),
    (
      #"{"id": "a", "answers": [{"text": "und", "answer_start": 5}]}"#,
      "data[0].paragraphs[0].qas[0] lacks 'question'; it has id, answers"
    ),
    (
      #"{"id": "a", "question": "?", "answers": [{"text": 5, "answer_start": 5}]}"#,
      "data[0].paragraphs[0].qas[0].answers[0].text should be text, but is a number"
    ),
    (
      #"{"id": "a", "question": "?", "answers": [{"text": "", "answer_start": -1}]}"#,
      "answers[0].answer_start begins at character -1 of a context of 13"
    ),
    (
      #"{"id": "a", "question": "?", "is_impossible": 1, "answers": []}"#,
      "is_impossible should be a truth value"
    ),
    (
      #"{"id": "a", "question": "?", "answers": {"text": []}}"#,
      "answers should be a list, but is an object"
    ),
  ])
  func saysWhereSQuADIsWrong(_ question: String, _ expected: String) {
    let found = message { try readTask("dev.json", squad(question)) }
    #expect(found.contains(expected), "\(found)")
  }

  @Test func answersElsewhereAreCounted() throws {
    let question =
      #"{"id": "a", "question": "?", "answers": [{"text": "und", "answer_start": 6}, {"text": "blau", "answer_start": 9}, {"text": "x"}]}"#
    let task = try readTask("dev.json", squad(question))
    #expect(
      task.golds == [
        .answers([Answer(text: "und"), Answer(text: "blau", start: 10), Answer(text: "x")])
      ])
    #expect(task.notes.lines == ["1 answer is not where its offset says"])
    #expect(!task.allowsNoAnswer)
    #expect(try readTask("dev.json", squad(question, version: "v2.0")).allowsNoAnswer)
  }

  @Test func kindsThatDoNotFit() throws {
    let question = #"{"id": "a", "question": "?", "answers": [{"text": "und", "answer_start": 5}]}"#
    #expect(
      message { try readTask("dev.json", squad(question), options(.pair)) }.contains("kind pair"))
    #expect(
      message {
        try readTask("a.jsonl", #"{"text": "a", "label": 1}"#, options(columns: "text=1,label=2"))
      }
      .contains("column 1 is asked for by number, but objects have names"))
    #expect(message { try readTask("a.json", "{}") }.contains("the value lacks 'data'"))
    #expect(message { try readTask("a.json", "[]") }.contains("holds no examples"))
    #expect(message { try readTask("a.json", "") }.contains("is not valid JSON"))
  }

  @Test func damagedJSONNeverTraps() throws {
    let texts = [
      squad(#"{"id": "a", "question": "?", "answers": [{"text": "und", "answer_start": 5}]}"#),
      #"{"tokens": ["a", "é"], "tags": ["O", "B-X"]}"# + "\n"
        + #"{"tokens": ["b"], "tags": ["I-X"]}"#,
      #"{"question": "?", "context": "né", "answers": {"text": ["é"], "answer_start": [1]}}"#,
    ]
    let seed: UInt64 = 8
    var generator = SeededGenerator(seed: seed)
    for round in 0..<3000 {
      let bytes = mutated([UInt8](texts[round % 3].utf8), using: &generator)
      do {
        _ = try readTask("dev.json", bytes)
      } catch {
        #expect(error is Failure, "seed \(seed)")
      }
    }
  }
}
