import Documents
import Tensors
import TestSupport
import Testing

@testable import Tasks

@Suite struct TaskDescriptionTests {
  private func describe(_ yaml: String) throws -> TaskDescription {
    try TaskDescription(YAML.parse([UInt8](yaml.utf8), file: "task.yaml"))
  }

  @Test func everyKey() throws {
    let description = try describe(
      """
      kind: tags
      columns: {tokens: 1, tags: "ner"}
      header: false
      labels: [O, 1, true]
      metric: entity-f1
      strip-prefix: "^[a-z]+:"
      """)
    #expect(description.kind == .tags)
    #expect(description.columns == [.tokens: .number(1), .tags: .name("ner")])
    #expect(description.header == false)
    #expect(description.labels == ["O", "1", "true"])
    #expect(description.metric == .entityF1)
    #expect(description.stripPrefix?.text == "^[a-z]+:")
    #expect(try describe("") == TaskDescription())
  }

  @Test(arguments: [
    (
      "colums: {}",
      "'colums' is not known; known are kind, columns, header, labels, metric, strip-prefix"
    ),
    ("kind: classify", "'kind' should be one of classification, pair, regression, tags, "),
    ("metric: f2", "'metric' should be one of accuracy, f1, macro-f1"),
    ("header: yes", "'header' should be true or false, but is 'yes'"),
    ("labels: positive", "'labels' should be a list of names"),
    ("labels: []", "'labels' should be a list of names, but is empty"),
    ("labels: [a, b, a]", "the label 'a' appears twice"),
    ("labels: [1.5]", "'labels' should be a list of names, but is '1.5'"),
    ("columns: [text]", "'columns' should be a mapping"),
    ("columns: {txt: 1}", "'txt' is not known; known are text, text2, label, score"),
    ("columns: {text: 0}", "a column's number should be from 1 to 10000, but is 0"),
    ("columns: {text: 9223372036854775807}", "a column's number should be"),
    ("columns: {text: [1]}", "'columns' should be a name or a number"),
    ("strip-prefix: '['", "'[' is not a pattern that is understood"),
    ("strip-prefix: 3", "'strip-prefix' should be a pattern"),
    ("- kind", "'the document' should be a mapping"),
  ])
  func saysWhatIsWrong(_ yaml: String, _ expected: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("task.yaml", [UInt8](yaml.utf8))
    let failure = #expect(throws: Failure.self) { try TaskDescription(contentsOf: path) }
    #expect(
      failure?.description.contains("task.yaml: " + expected) == true,
      "\(String(describing: failure))")
    #expect(failure?.reason.outcome == .badInput)
  }

  @Test func optionsAreUsage() throws {
    #expect(
      try options(columns: "text=4, label = x", "score=2").columns == [
        .text: .number(4), .label: .name("x"), .score: .number(2),
      ])
    #expect(try options(labels: "a,b , c").labels == ["a", "b", "c"])
    for columns in ["text", "text=", "=1", "txt=1", "text=0", "text=99999999999999999999"] {
      let failure = #expect(throws: Failure.self) { try options(columns: columns) }
      #expect(failure?.reason.outcome == .usage)
    }
    #expect(throws: Failure.self) { try options(labels: "a,a") }
    #expect(throws: Failure.self) { try options(labels: "") }
    #expect(throws: Failure.self) { try options(stripPrefix: "(") }
  }

  @Test(arguments: [
    ("reviews", "strip-prefix", "strip-prefix has no meaning for a task of kind classification"),
    ("scores", "labels", "labels has no meaning for a task of kind regression"),
    (
      "reviews", "metric",
      "spearman does not measure a task of kind classification; it is measured by accuracy, f1"
    ),
    (
      "reviews", "columns",
      "a task of kind classification has no context, text2; it has text, label"
    ),
  ])
  func whatHasNoMeaningIsAnError(_ task: String, _ option: String, _ expected: String) throws {
    let options =
      switch option {
      case "labels": try options(labels: "a,b")
      case "metric": try options(metric: .spearman)
      case "columns": try options(columns: "text2=1,context=2,text=1,label=2")
      default: try options(stripPrefix: "x")
      }
    let text = message {
      try Task.read(Places.sample("tasks/\(task)"), overriding: options)
    }
    #expect(text.contains(expected), "\(text)")
  }

  @Test func damagedDescriptionsNeverTrap() {
    let text = """
      kind: tags
      columns: {tokens: 1, tags: "ner"}
      header: false
      labels: [O, 1, true]
      strip-prefix: "^[a-z]+:(x|y)*"
      """
    let seed: UInt64 = 12
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<3000 {
      let bytes = mutated([UInt8](text.utf8), using: &generator)
      do {
        let description = try TaskDescription(YAML.parse(bytes, file: "task.yaml"))
        try description.check(for: .tags)
      } catch {
        #expect(error is Failure, "seed \(seed)")
      }
    }
  }
}
