import Documents
import Foundation
import TestSupport
import Testing

/// `pare distill` with what happens within a teacher, as a user runs it.
@Suite struct LayerDistillationTests {
  private let folder = try! TemporaryFolder()
  private let teacher = try! EditedModel("encoders/bert/sequence-classification")
  private let task = Places.sample("sentiment/dev.tsv")

  private func distill(
    _ teacher: String, into student: String, _ losses: String, task: String? = nil,
    _ more: [String] = []
  ) throws -> RunResult {
    try runPare(
      [
        "distill", teacher, "--student", student, "--task", task ?? self.task, "-o", "out/",
        "--loss", losses, "--metrics", "run.jsonl", "--force", "--batch-size", "16",
        "--max-length", "20",
      ] + more, folder: folder.path)
  }

  /// The means of the losses of the first and the last steps of the run.
  private func losses() throws -> (first: Double, last: Double) {
    let lines = try String(contentsOfFile: folder.path + "/run.jsonl", encoding: .utf8)
      .split(separator: "\n")
    let losses = try lines.map { try JSON.parse(Array($0.utf8), file: "metrics") }
      .compactMap { $0["loss"]?.number }
    let count = max(1, losses.count / 10)
    func mean(_ some: ArraySlice<Double>) -> Double { some.reduce(0, +) / Double(some.count) }
    return (mean(losses.prefix(count)), mean(losses.suffix(count)))
  }

  /// A narrower student with other heads comes closer to its teacher, layer by layer; nothing of the maps between them is written.
  @Test(arguments: [
    "hidden=1", "attention=1", "hidden=1 attention=1 embeddings=1 layers=0:1",
    "kl=1 hidden=1 layers=last",
  ])
  func aStudentOfAnotherWidthComesCloser(_ losses: String) throws {
    let student = try EditedModel("heads/sequence-classification")
    let result = try distill(
      teacher.path, into: student.path, losses, ["--epochs", "8", "--learning-rate", "1e-2"])
    #expect(result.status == 0, "\(result.errors)")
    let seen = try self.losses()
    #expect(seen.last < 0.8 * seen.first, "\(seen)")
    let counts = try [student.path, "out"].map { path in
      try JSON.parse(
        Array(try runPare(["inspect", path, "--json"], folder: folder.path).output.utf8),
        file: "inspect")["counts"]
    }
    #expect(counts[0] != nil && counts[0] == counts[1])
    let isMeasured = losses.contains("kl")
    #expect(result.errors.contains("the last parameters are kept") == !isMeasured)
    #expect(result.errors.contains("wrote out/: accuracy") == isMeasured)
    #expect(result.errors.contains("the teacher reads") == isMeasured)
  }

  @Test(arguments: ["hidden=1", "hidden=1 teacher-layer=1", "hidden=0.5 kl=1"])
  func aBiLSTMStudentsProjectionComesCloser(_ losses: String) throws {
    let result = try distill(
      teacher.path, into: Places.sample("bilstm/last-state"), losses,
      ["--epochs", "10", "--learning-rate", "1e-2"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("the teacher reads 90 examples"), "\(result.errors)")
    let seen = try self.losses()
    #expect(seen.last < 0.9 * seen.first, "\(seen)")
  }

  /// What happens within a teacher can be learned before it has learned any task.
  @Test func layersNeedNoHead() throws {
    let plain = try EditedModel("encoders/bert/model")
    let student = try EditedModel("heads/sequence-classification")
    let result = try distill(
      plain.path, into: student.path, "hidden=1", task: nil, ["--epochs", "1"])
    #expect(result.status == 0, "\(result.errors)")
    let both = try distill(plain.path, into: student.path, "hidden=1 kl=1")
    #expect(both.status == 3 && both.errors.contains("without a head"), "\(both.errors)")
  }

  /// Of sentences that teacher and student cut otherwise, the words are compared.
  @Test(arguments: ["logits=1", "kl=1 temperature=2", "hidden=1"])
  func tagsAreLearnedWordByWord(_ losses: String) throws {
    let teacher = try EditedModel("encoders/bert/token-classification")
    let texts = ["the O\nfilm B-PER\nunbelievable I-PER\n", "a O\ndull B-LOC\nbore I-LOC\nis O\n"]
    let tags = try folder.file(
      "tags.conll", Array((0..<20).map { texts[$0 % 2] }.joined(separator: "\n").utf8))
    let transfer = try folder.file("text.txt", Array("this plot was  very good .\nun\n".utf8))
    // Without the ends of long words the student takes these for unknown.
    let words = String(decoding: try bytes(of: Places.sample("bert-tiny/vocab.txt")), as: UTF8.self)
      .split(separator: "\n").filter { !$0.hasPrefix("##") }
    let kept = try folder.file("kept.txt", Array(words.joined(separator: "\n").utf8))
    let trimmed = try runPare(
      ["trim", Places.sample("bilstm/per-token"), "-o", "student/", "--tokens", kept],
      folder: folder.path)
    #expect(trimmed.status == 0, "\(trimmed.errors)")
    let result = try distill(
      teacher.path, into: "student", losses, task: tags,
      ["--kind", "tags", "--transfer", transfer, "--epochs", "40", "--learning-rate", "1e-2"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("the teacher reads 20 examples"), "\(result.errors)")
    let seen = try self.losses()
    #expect(seen.last < 0.7 * seen.first, "\(seen)")
    let layers = try distill(
      teacher.path, into: teacher.path, "attention=1", task: tags, ["--kind", "tags"])
    #expect(layers.status == 0, "\(layers.errors)")
  }

  @Test(arguments: ["kl=1 temperature=2", "soft=0.5 hard=0.5", "logits=1 hidden=1"])
  func answersAreLearned(_ losses: String) throws {
    let (teacher, student) = (
      try EditedModel("encoders/bert/question-answering"),
      try EditedModel("heads/question-answering")
    )
    let questions = (0..<12).map { index in
      #"{"id": "\#(index)", "question": "was it good?", "context": "this film was not very \#(index % 2 == 0 ? "good" : "bad").", "answers": {"text": ["very"], "answer_start": [18]}}"#
    }
    let task = try folder.file("answers.jsonl", Array(questions.joined(separator: "\n").utf8))
    let result = try distill(
      teacher.path, into: student.path, losses, task: task,
      ["--kind", "qa", "--epochs", "30", "--learning-rate", "1e-2"])
    #expect(result.status == 0, "\(result.errors)")
    let seen = try self.losses()
    #expect(seen.last < 0.8 * seen.first, "\(seen)")
    let other = try distill(
      teacher.path, into: student.path, losses, task: task,
      ["--kind", "qa", "--transfer", task])
    #expect(other.status == 2 && other.errors.contains("not from plain text"), "\(other.errors)")
  }

  @Test(arguments: [
    (
      "hidden=1 layers=5:0", Int32(2),
      "there is no layer 5 of the student, which has the layers 0…1"
    ),
    ("attention=1 layers=0:2", 2, "there is no layer 2 of the teacher, which has the layers 0…1"),
    ("hidden=1 layers=every", 2, "layers should be uniform, last, rosita"),
  ])
  func refusesLayersThatAreNotThere(
    _ losses: String, _ status: Int32, _ message: String
  ) throws {
    let student = try EditedModel("heads/sequence-classification")
    let result = try distill(teacher.path, into: student.path, losses)
    #expect(result.status == status && result.errors.contains(message), "\(result.errors)")
    #expect(try folder.names().isEmpty)
  }

  @Test func refusesLayersOfABiLSTM() throws {
    let student = Places.sample("bilstm/last-state")
    let attention = try distill(teacher.path, into: student, "attention=1")
    #expect(attention.status == 2 && attention.errors.contains("by its projection"))
    let layer = try distill(teacher.path, into: student, "hidden=1 teacher-layer=2")
    #expect(layer.status == 2 && layer.errors.contains("no layer 2 of the teacher"))
    #expect(try folder.names().isEmpty)
  }

  @Test func refusesATeacherThatReadsOtherTokens() throws {
    let student = Places.sample("sst2-tiny")
    let teacher = try EditedModel("heads/sequence-classification")
    let text =
      "sentence\tlabel\n"
      + (0..<20).map { "an unbelievable plot\t\($0 % 2 == 0 ? "negative" : "positive")\n" }.joined()
    let task = try folder.file("task.tsv", Array(text.utf8))
    let result = try distill(teacher.path, into: student, "hidden=1", task: task)
    #expect(result.status == 3, "\(result.errors)")
    #expect(result.errors.contains("to be compared token by token"), "\(result.errors)")
    #expect(result.errors.contains("or learn from logits"), "\(result.errors)")
    #expect(try folder.names() == ["task.tsv"])
  }
}
