import TestSupport
import Testing

@testable import Tasks

/// The task folders in `samples/tasks`, one of every kind.
@Suite struct SampleTaskTests {
  private func read(
    _ name: String, split: String? = nil, _ options: TaskDescription = TaskDescription()
  ) throws -> Task {
    try Task.read(Places.sample("tasks/\(name)"), split: split, overriding: options)
  }

  @Test func classification() throws {
    let task = try read("reviews")
    #expect(task.path.hasSuffix("reviews/dev.tsv"))
    #expect(task.kind == .classification)
    #expect(task.metric == .accuracy)
    #expect(task.labels == ["negative", "positive"])
    #expect(task.golds == [.label("1"), .label("0"), .label("0")])
    #expect(task.examples[1].text == "we waited an hour for \"fresh\" bread that was not")
    #expect(task.examples.map(\.line) == [2, 3, 5])
    #expect(task.notes.lines == ["1 empty line skipped"])
    #expect(try read("reviews", split: "train").examples.count == 2)
  }

  @Test func pairs() throws {
    let task = try read("pairs")
    #expect(task.kind == .pair)
    #expect(task.texts[0] == "The ferry, which left at noon, carried only goats.")
    #expect(task.texts[1] == "The sign said \"closed\".")
    #expect(task.examples[1].second == "The sign said\nnothing.")
    #expect(task.examples.map(\.line) == [2, 3, 5])
    #expect(task.golds.last == .label("not_entailment"))
    #expect(task.labels == ["entailment", "not_entailment"])
  }

  @Test func scores() throws {
    let task = try read("scores")
    #expect(task.kind == .regression)
    #expect(task.metric == .pearson)
    #expect(task.golds == [.score(3), .score(0.5), .score(4.75)])
    #expect(task.examples[2].text.hasPrefix("Die Tür"))
  }

  @Test func similarity() throws {
    let task = try read("similar")
    #expect(task.kind == .similarity)
    #expect(task.metric == .spearman)
    #expect(task.examples[1].second == "Two women carry a ladder.")
    #expect(task.golds == [.score(4.5), .score(4), .score(0)])
  }

  @Test func entities() throws {
    let task = try read("entities")
    #expect(task.kind == .tags)
    #expect(task.metric == .entityF1)
    #expect(task.examples.map(\.words.count) == [7, 4])
    #expect(task.examples.map(\.line) == [3, 11])
    #expect(
      task.golds == [
        .tags(["B-PER", "I-PER", "O", "B-LOC", "B-LOC", "O", "O"]),
        .tags(["O", "B-ORG", "I-ORG", "O"]),
      ])
    #expect(task.notes.isIOB1)
    #expect(task.notes.lines == ["the tags are IOB1, read as BIO"])
    let train = try read("entities", split: "train")
    #expect(train.examples[0].words == ["Nils", "sails", "to", "Turku"])
    #expect(train.golds[1] == .tags(["O", "B-ORG", "I-ORG", "O"]))
  }

  @Test func answers() throws {
    let task = try read("answers")
    #expect(task.kind == .qa)
    #expect(task.metric == .squadF1)
    #expect(!task.allowsNoAnswer)
    #expect(task.examples.map(\.id) == ["q1", "q2"])
    #expect(task.texts[1] == "How many steps did the keeper climb?")
    let context = try #require(task.examples[0].second)
    guard case .answers(let answers) = task.golds[0] else {
      Issue.record("no answers")
      return
    }
    #expect(answers.map(\.text) == ["1531", "in 1531"])
    // One letter of the context before the answers takes two bytes.
    #expect(answers.map(\.start) == [35, 32])
    for answer in answers {
      let start = try #require(answer.start)
      #expect(context.utf8.dropFirst(start).starts(with: answer.text.utf8))
    }
  }

  @Test(arguments: ["validation-2", "flat"])
  func questionsWithoutAnswers(_ split: String) throws {
    let task = try read("answers", split: split)
    #expect(task.allowsNoAnswer)
    #expect(task.examples.count == 2)
    #expect(task.golds[1] == .answers([]))
    #expect(task.examples[1].id == (split == "flat" ? "b" : "8"))
  }

  @Test func optionsWin() throws {
    let task = try read("similar", options(.regression, metric: .spearman))
    #expect(task.kind == .regression)
    #expect(task.examples[0].second != nil)
    let swapped = try read("similar", options(columns: "text=2,text2=1"))
    #expect(swapped.texts[2] == "The train is late again.")
    #expect(try read("reviews", options(labels: "bad, good")).labels == ["bad", "good"])
    #expect(try read("entities", options(metric: .accuracy)).metric == .accuracy)
  }
}
