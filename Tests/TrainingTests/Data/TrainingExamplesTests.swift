import Documents
import Encoders
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct TrainingExamplesTests {
  private let golden = try! JSON.read(Places.sample("training/targets.json"))
  private let tokenizer = try! Tokenizer(folder: Places.sample("sst2-tiny"))
  private let folder = try! TemporaryFolder()

  private func task(
    _ name: String, _ text: String, kind: Task.Kind? = nil, labels: [String]? = nil
  ) throws -> Task {
    var options = TaskDescription()
    options.kind = kind
    options.labels = labels
    return try Task.read(folder.file(name, Array(text.utf8)), overriding: options)
  }

  private func examples(
    _ task: Task, classes: [String], limit: Int, threads: Int = 2
  ) throws -> TrainingExamples {
    try TrainingExamples(
      task, tokenizer, labels: LabelMap(classes: classes, declared: task.labels), limit: limit,
      threads: threads)
  }

  @Test func answersAreFoundInEveryWindow() throws {
    let task = try task("train.json", golden["questions"]!.text())
    let found = try examples(task, classes: [], limit: golden["limit"]!.integer!)
    let windows = golden["windows"]!.array!
    #expect(found.count == windows.count)
    guard case .spans(let spans) = found.targets else {
      Issue.record("no spans")
      return
    }
    for (index, window) in windows.enumerated() {
      #expect(found.sequences[index].ids == window["ids"]!.array!.map { Int32($0.integer!) })
      let span = window["span"]!.array!.map { Int32($0.integer!) }
      #expect(spans[index] == TokenSpan(start: span[0], end: span[1]), "window \(index)")
    }
    #expect(spans.contains(.none) && spans.contains { $0 != .none })
  }

  @Test func tagsStandAtTheFirstTokenOfAWord() throws {
    let sentences = golden["sentences"]!.array!
    let lines = sentences.map {
      JSON.object([("tokens", $0["words"]!), ("tags", $0["tags"]!)]).text()
    }
    let task = try task("train.jsonl", lines.joined(separator: "\n"))
    let classes = golden["labels"]!.array!.map { $0.string! }
    let found = try examples(task, classes: classes, limit: golden["limit"]!.integer!)
    for (index, sentence) in sentences.enumerated() {
      let batch = found.batch([index], epoch: 0, seed: 0)
      #expect(batch.sequences[0].ids == sentence["ids"]!.array!.map { Int32($0.integer!) })
      #expect(batch.targets == .tokens(sentence["classes"]!.array!.map { Int32($0.integer!) }))
    }
    #expect(found.truncated == 1)
  }

  @Test func classesAndScores() throws {
    let rows = (0..<700).map { "sentence number \($0)\t\(["bad", "good"][$0 % 2])" }
    let task = try task("train.tsv", "text\tlabel\n" + rows.joined(separator: "\n"))
    let runs = try [1, 3].map {
      try examples(task, classes: ["good", "bad"], limit: 16, threads: $0)
    }
    #expect(runs[0].targets == .classes((0..<700).map { $0 % 2 == 0 ? 1 : 0 }))
    #expect(runs[0].targets == runs[1].targets)
    #expect((0..<700).allSatisfy { runs[0].sequences[$0] == runs[1].sequences[$0] })
    #expect(runs[0].sequences[5] == tokenizer.encode("sentence number 5", limit: 16).sequence)
    let some = runs[0].taking([3, 600])
    #expect(some.targets == .classes([0, 1]) && some.sequences[1] == runs[0].sequences[600])

    let scores = try self.task(
      "scores.tsv", "text\ttext2\tscore\na b\tc\t2.5\nd\te f\t-1\n", kind: .regression)
    let found = try examples(scores, classes: [], limit: 16)
    #expect(found.targets == .scores([2.5, -1]))
    #expect(found.sequences[0].types == [0, 0, 0, 0, 1, 1])
    #expect(
      found.batch([1], epoch: 0, seed: 0).sequences[0]
        == tokenizer.encode("d", "e f", limit: 9).sequence)
  }

  @Test func saysWhichLabelTheModelLacks() throws {
    let task = try task("train.tsv", "text\tlabel\na\tgood\nb\tugly\n")
    let failure = try #require(throws: Failure.self) {
      try examples(task, classes: ["bad", "good"], limit: 8)
    }
    #expect(
      "\(failure)".hasSuffix("line 3: the label 'ugly' is none of the model's: bad, good"))
  }

  @Test func refusesOneClass() throws {
    let task = try task("train.tsv", "text\tlabel\na\tgood\nb\tgood\n")
    let found = try examples(task, classes: ["bad", "good"], limit: 8)
    let classes = try #require(ClassDistribution(of: found.targets, names: ["bad", "good"]))
    #expect(classes.counts == [0, 2])
    let failure = try #require(throws: Failure.self) { try classes.check("train.tsv") }
    #expect(
      "\(failure)"
        == "train.tsv: all 2 labels are 'good', but at least two classes are needed to learn from")
    #expect(ClassDistribution(of: .scores([1]), names: []) == nil)
    try ClassDistribution(of: .tokens([0, -100, 1]), names: ["O", "B"])?.check("")
  }

  @Test func takesExamplesForValidation() throws {
    let rows = (0..<100).map { "text \($0)\t\($0 % 3)" }
    let task = try task("train.tsv", "text\tlabel\n" + rows.joined(separator: "\n"))
    let (training, validation) = try task.divided(validation: 0.1, seed: 4)
    #expect(training.examples.count == 90 && validation.examples.count == 10)
    #expect(
      (training.examples + validation.examples).map(\.text).sorted()
        == task.examples.map(\.text).sorted())
    #expect(try task.divided(validation: 0.1, seed: 4).validation.examples == validation.examples)
    #expect(try task.divided(validation: 0.1, seed: 5).validation.examples != validation.examples)
    #expect(try task.divided(validation: 0, seed: 1).validation.examples.count == 1)
    #expect(try task.divided(validation: 1, seed: 1).training.examples.count == 1)
    #expect(task.subset(7, seed: 1).examples.count == 7)
    #expect(task.classNames() == ["0", "1", "2"])
    var one = task
    one.examples = Array(task.examples.prefix(1))
    #expect(throws: Failure.self) { try one.divided(validation: 0.5, seed: 1) }
  }

  @Test func namesTheClassesOfAFreshHead() throws {
    let tags = try task("train.conll", "a B-PER\nb I-LOC\nc O\n\nd B-ORG\n")
    #expect(tags.classNames() == ["O", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-PER", "I-PER"])
    let declared = try task("train.tsv", "text\tlabel\na\t0\nb\t1\n", labels: ["no", "yes"])
    #expect(declared.classNames() == ["no", "yes"])
    let numbers = try task("numbers.tsv", "text\tlabel\na\t10\nb\t9\n")
    #expect(numbers.classNames() == ["9", "10"])
  }
}
