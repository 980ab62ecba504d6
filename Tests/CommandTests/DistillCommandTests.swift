import Documents
import Foundation
import TestSupport
import Testing

/// `pare distill` as a user runs it.
@Suite struct DistillCommandTests {
  private let teacher = Places.sample("sst2-tiny")
  private let task = Places.sample("sentiment/dev.tsv")

  private func distill(_ arguments: [String], in folder: TemporaryFolder) throws -> RunResult {
    try runPare(
      [
        "distill", teacher, "--student", teacher, "--task", task, "-o", "out/", "--batch-size",
        "16",
      ] + arguments, folder: folder.path)
  }

  /// A folder in which both splits are the sample's texts with the labels that the teacher gives them.
  private func taughtTask(in folder: TemporaryFolder) throws -> String {
    let predicted = try runPare(["evaluate", teacher, "--task", task, "--predictions", "-", "-q"])
    let labels = predicted.output.split(separator: "\n").dropFirst()
      .map { $0.split(separator: "\t")[2] }
    let texts = String(decoding: try bytes(of: task), as: UTF8.self).split(separator: "\n")
      .dropFirst().map { $0.split(separator: "\t")[0] }
    let rows = zip(texts, labels).map { "\($0)\t\($1)\n" }.joined()
    let path = folder.path + "/task"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for split in ["train", "dev"] {
      try "sentence\tlabel\n\(rows)".write(
        toFile: "\(path)/\(split).tsv", atomically: true, encoding: .utf8)
    }
    return path
  }

  /// With random weights to begin with, a student that only hears the teacher comes to say what it says of the texts that it reads.
  @Test(arguments: ["kl=1 temperature=2", "soft=1", "logits=1", "logit-p=0.1", "hard=0.1 kl=1"])
  func theStudentComesToSayWhatTheTeacherSays(_ losses: String) throws {
    let folder = try TemporaryFolder()
    let result = try runPare(
      [
        "distill", teacher, "--student", teacher, "--fresh", "--task", taughtTask(in: folder), "-o",
        "out/", "--batch-size", "16", "--loss", losses, "--epochs", "20", "--learning-rate", "1e-3",
      ], folder: folder.path)
    #expect(result.status == 0, "\(result.errors)")
    let compared = try runPare(
      ["evaluate", "out", "--task", task, "--against", teacher, "--json"], folder: folder.path)
    let agreement = try JSON.parse(Array(compared.output.utf8), file: "output")["agreement"]?[
      "share"]?.number
    #expect((agreement ?? 0) > 0.9, "\(compared.output)")
  }

  @Test func aStudentWithAVocabularyOfItsOwnLearnsFromTransferText() throws {
    let folder = try TemporaryFolder()
    let corpus = try folder.file("text.txt", Array("a fine film\n\nawful\nnice and warm\n".utf8))
    let trimmed = try runPare(
      ["trim", teacher, "-o", "student/", "--corpus", task], folder: folder.path)
    #expect(trimmed.status == 0, "\(trimmed.errors)")
    let result = try runPare(
      [
        "distill", teacher, "--student", "student", "--task", task, "-o", "out/", "--transfer",
        corpus, "--epochs", "1", "--metrics", "run.jsonl",
      ], folder: folder.path)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("the teacher reads 93 examples"), "\(result.errors)")
  }

  @Test(arguments: [
    (["--loss", "nonsense"], Int32(2), "a loss KEY=WEIGHT is expected, but 'nonsense' is found"),
    (["--loss", "kl=-1"], 2, "kl should be a number from 0"),
    (["--loss", "kl=0"], 2, "no loss counts anything"),
    (["--transfer-limit", "3"], 2, "distill needs 'transfer'"),
    (["--transfer", "empty.txt"], 3, "empty.txt: holds no text"),
  ])
  func refuses(_ arguments: [String], _ status: Int32, _ message: String) throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("empty.txt", [])
    let result = try distill(arguments, in: folder)
    #expect(result.status == status && result.errors.contains(message), "\(result.errors)")
    #expect(try folder.names() == ["empty.txt"])
  }

  @Test func refusesATeacherOfOtherClasses() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("task.tsv", Array("sentence\tlabel\na film\tgood\na bore\tbad\n".utf8))
    let result = try runPare(
      ["distill", teacher, "--student", teacher, "--task", "task.tsv", "-o", "out/"],
      folder: folder.path)
    #expect(result.status == 3 && result.errors.contains("task.tsv"), "\(result.errors)")
    #expect(try folder.names() == ["task.tsv"])
  }
}
