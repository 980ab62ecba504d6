import Documents
import Tensors
import TestSupport
import Testing

@testable import Tasks

/// Files whose texts are written anew.
@Suite struct TaskRecordsTests {
  private let folder = try! TemporaryFolder()

  private func records(
    _ name: String, _ text: String, _ options: TaskDescription = TaskDescription()
  ) throws -> TaskRecords {
    try TaskRecords(folder.file(name, Array(text.utf8)), overriding: options)
  }

  private func whole(_ records: TaskRecords, _ parts: [[UInt8]]) -> String {
    String(
      decoding: records.front + parts.joined(separator: records.separator) + records.back,
      as: UTF8.self)
  }

  /// Written as it stands, a file says the same; with other texts, these and nothing else has changed.
  @Test(arguments: [
    ("a.tsv", "id\tsentence\tlabel\n7\tfun \"x\t1\n\n8\tdull\t0"),
    ("a.tsv", "sentence1\tnote\tsentence2\tlabel\r\none\tn\ttwo\tyes\r\nthree\tm\tfour\tno\r\n"),
    ("a.csv", "sentence2,label,sentence1\n\"a, \"\"b\"\"\",1,c\n\"two\nlines\",\"0\",\"d\"\n"),
    ("a.csv", "text,score\nx,1.5\n\"\",2\n"),
    (
      "a.jsonl",
      "{\"n\":[1,null],\"text\":\"ä\\u0000\\n\",\"label\":\"yes\"}\n\n{\"label\":0,\"text\":\"b\"}\n"
    ),
    ("a.json", "[{\"text\": \"a\", \"label\": true},\n {\"text\": \"b/\", \"label\": false}]"),
    (
      "a.json",
      "{\"version\": 3, \"data\": [{\"premise\": \"a\", \"hypothesis\": \"b\", \"label\": 1}]}"
    ),
    ("a.json", "{\"data\": [{\"text\": \"a\", \"label\": 1}]}"),
    ("a.json", "{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\", \"label\": 0}\n"),
  ])
  func recordsAreReadAgain(_ name: String, _ text: String) throws {
    let records = try records(name, text)
    let examples = records.task.examples
    let same = try examples.indices.map { try records.record($0) }
    let again = try self.records(name, whole(records, same)).task
    func told(_ task: Task) -> [String] {
      task.examples.map { "\($0.text)|\($0.second ?? "-")|\($0.gold)" }
    }
    #expect(told(again) == told(records.task) && again.kind == records.task.kind)
    let hostile = "a \"b\", c\\ 'd' é"
    let other = try examples.indices.map { index in
      try records.record(
        index, (hostile + "\(index)", examples[index].second.map { _ in "2nd, \"" }))
    }
    let changed = try self.records(name, whole(records, same + other)).task
    let expected = examples.enumerated().map { index, example in
      "\(hostile)\(index)|\(example.second == nil ? "-" : "2nd, \"")|\(example.gold)"
    }
    #expect(told(changed) == told(records.task) + expected)
  }

  @Test func otherColumnsStay() throws {
    let table = try records("a.tsv", "id\tsentence\tlabel\tnote\n7\tfun\t1\tx\"\n")
    #expect(
      whole(table, [try table.record(0, ("dull", nil))])
        == "id\tsentence\tlabel\tnote\n7\tdull\t1\tx\"\n")
    let lines = try records("a.jsonl", #"{"id":1e3,"text":"a","label":"b","more":{"x":[]}}"#)
    #expect(
      String(decoding: try lines.record(0, ("c", nil)), as: UTF8.self)
        == #"{"id":1000.0,"text":"c","label":"b","more":{"x":[]}}"#)
  }

  @Test func whatIsBoundToItsWordsIsRefused() throws {
    for (name, text, message) in [
      ("a.conll", "Anna B-PER\nsings O\n", "kind tags has a tag for each word"),
      (
        "a.jsonl", #"{"question":"q","context":"c","answers":{"text":["c"],"answer_start":[0]}}"#,
        "kind qa has answers within its texts"
      ),
      (
        "a.tsv", "sentence1\tsentence2\tscore\na\tb\t1.5\n",
        "kind similarity is not one to learn from"
      ),
    ] {
      let failure = try #require(throws: Failure.self) { try records(name, text) }
      #expect("\(failure)".contains(message) && failure.reason.outcome == .usage)
    }
    let regression = try TaskDescription(kind: .regression)
    #expect(
      try records("a.tsv", "sentence1\tsentence2\tscore\na\tb\t1.5\n", regression).task.kind
        == .regression)
  }

  /// Damaged files are errors or are written again; they never trap.
  @Test func damageNeverTraps() throws {
    var generator = SeededGenerator(seed: 20)
    let texts = [
      ("a.csv", "text,label\n\"a, \"\"b\"\"\",1\n\"two\nlines\",\"0\"\n"),
      ("a.tsv", "sentence\tlabel\nfun\t1\ndull\t0\n"),
      ("a.jsonl", "{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\",\"label\":0}\n"),
      ("a.json", "{\"v\":2,\"data\":[{\"text\":\"a\",\"label\":1},{\"text\":\"b\",\"label\":0}]}"),
    ]
    for round in 0..<400 {
      let (name, text) = texts[round % texts.count]
      let path = try folder.file(name, mutated(Array(text.utf8), using: &generator))
      guard let records = try? TaskRecords(path) else { continue }
      for index in records.task.examples.indices {
        _ = try records.record(index)
        _ = try records.record(index, ("x", "y"))
      }
    }
  }

  @Test func aDescriptionIsWrittenAsItIsRead() throws {
    let said = try TaskDescription(
      kind: .pair, columns: ["text=a b", "text2=3", "label=#1 \"x\""], header: true,
      labels: "yes: no, 1,- é", metric: .f1)
    let path = try folder.file("task.yaml", Array(said.yaml.utf8))
    #expect(try TaskDescription(contentsOf: path) == said)
    #expect(TaskDescription().yaml.isEmpty)
    var tags = TaskDescription()
    tags.stripPrefix = try PrefixPattern("^[a-z]+:")
    let other = try folder.file("other.yaml", Array(tags.yaml.utf8))
    #expect(try TaskDescription(contentsOf: other) == tags)
  }
}
