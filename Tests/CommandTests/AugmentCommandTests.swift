import Foundation
import TestSupport
import Testing

/// `pare augment` as a user runs it.
@Suite struct AugmentCommandTests {
  private let model = Places.sample("sst2-tiny")
  private let masked = Places.sample("bert-tiny")
  private let reviews = Places.sample("sentiment/dev.tsv")

  private func augment(
    _ arguments: String..., in folder: TemporaryFolder, by model: String? = nil
  ) throws -> RunResult {
    try runPare(["augment", model ?? self.model] + arguments, folder: folder.path)
  }

  private func text(_ folder: TemporaryFolder, _ name: String) throws -> String {
    String(decoding: try bytes(of: "\(folder.path)/\(name)"), as: UTF8.self)
  }

  /// A task's folder with both splits and a description.
  private func task(in folder: TemporaryFolder) throws -> String {
    for split in ["train", "dev"] {
      _ = try folder.file("task/\(split).tsv", bytes(of: reviews))
    }
    _ = try folder.file("task/task.yaml", Array("labels: [negative, positive]\n".utf8))
    return "task"
  }

  @Test func aFolderIsTrainedOnLikeAnyOther() throws {
    let folder = try TemporaryFolder()
    let result = try augment("--task", task(in: folder), "-o", "more", "--copies", "2", in: folder)
    #expect(result.status == 0 && result.output.isEmpty, "\(result.errors)")
    #expect(try folder.names("more") == ["dev.tsv", "task.yaml", "train.tsv"])
    #expect(try text(folder, "more/dev.tsv") == text(folder, "task/dev.tsv"))
    let rows = try text(folder, "more/train.tsv").split(separator: "\n")
    let copies = rows.count - 101
    #expect(copies > 100 && result.errors == "wrote more: 100 texts and \(copies) copies\n")
    let trained = try runPare(
      ["train", model, "--task", "more", "-o", "tuned/", "--epochs", "1"], folder: folder.path)
    #expect(trained.status == 0, "\(trained.errors)")
  }

  /// A description stands for its folder, of which the train split is read here as otherwise.
  @Test func aDescriptionStandsForItsFolder() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("task/dev.tsv", Array("sentence\tlabel\nbad\t0\n".utf8))
    _ = try folder.file("task/train.tsv", Array("sentence\tlabel\ngood\t1\n".utf8))
    _ = try folder.file("task/task.yaml", Array("kind: classification\n".utf8))
    let result = try augment("--task", "task/task.yaml", "-o", "more", in: folder)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try folder.names("more") == ["dev.tsv", "task.yaml", "train.tsv"])
    #expect(try text(folder, "more/train.tsv").hasPrefix("sentence\tlabel\ngood\t1\n"))
  }

  /// Every original stands where it stood, its copies behind it with its label.
  @Test func labelsAndOriginalsStay() throws {
    let folder = try TemporaryFolder()
    let result = try augment("--task", reviews, "-o", "more.tsv", "--copies", "3", in: folder)
    #expect(result.status == 0, "\(result.errors)")
    let source = String(decoding: try bytes(of: reviews), as: UTF8.self).split(separator: "\n")
    var rest = try text(folder, "more.tsv").split(separator: "\n")[...]
    #expect(rest.popFirst() == source[0])
    for original in source.dropFirst() {
      #expect(rest.popFirst() == original)
      let label = original.split(separator: "\t")[1]
      while let copy = rest.first, !source.contains(copy) {
        #expect(copy.split(separator: "\t")[1] == label)
        rest.removeFirst()
      }
    }
    #expect(rest.isEmpty)
  }

  @Test(arguments: [[], ["--mlm", Places.sample("bert-tiny")]])
  func theSameSeedGivesTheSameBytesOnAnyNumberOfThreads(_ masked: [String]) throws {
    let folder = try TemporaryFolder()
    _ = try folder.file(
      "text.txt", Array("the film was very good\nBad acting , a dull plot\n\nfun and great\n".utf8))
    for (name, threads, seed) in [("a", "1", "7"), ("b", "3", "7"), ("c", "1", "8")] {
      let result = try runPare(
        [
          "augment", self.masked, "--text", "text.txt", "-o", name, "--threads", threads, "--seed",
          seed,
        ] + masked, folder: folder.path)
      #expect(result.status == 0, "\(result.errors)")
    }
    #expect(try text(folder, "a") == text(folder, "b"))
    #expect(try text(folder, "a") != text(folder, "c"))
    let lines = try text(folder, "a").split(separator: "\n")
    #expect(lines[0] == "the film was very good" && lines.count > 20)
  }

  @Test func withoutProbabilityTheTextsStayAsTheyAre() throws {
    let folder = try TemporaryFolder()
    let result = try augment(
      "--task", reviews, "-o", "-", "--probability", "0", "-q", in: folder)
    #expect(result.status == 0 && result.errors.isEmpty)
    #expect(result.output == String(decoding: try bytes(of: reviews), as: UTF8.self))
    #expect(try folder.names().isEmpty)
  }

  @Test func oneTextOfAPairIsChangedAtATime() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file(
      "train.csv", Array("premise,hypothesis,label\n\"good, bad\",great film,yes\n".utf8))
    let result = try augment(
      "--task", "train.csv", "-o", "-", "--copies", "4", "--probability", "1", in: folder)
    let rows = result.output.split(separator: "\n").dropFirst()
    #expect(rows.first == "\"good, bad\",great film,yes" && rows.count == 9, "\(result)")
    #expect(rows.dropFirst().prefix(4).allSatisfy { $0.hasSuffix(",great film,yes") })
    #expect(rows.dropFirst(5).allSatisfy { $0.hasPrefix("\"good, bad\",") && $0.hasSuffix(",yes") })
  }

  @Test func scoresOfPairsAreKeptWhereTheyAreLearned() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file(
      "task/train.tsv", Array("sentence1\tsentence2\tscore\ngood film\tbad film\t1.5\n".utf8))
    let refused = try augment("--task", "task", "-o", "out", in: folder)
    #expect(refused.status == 2 && refused.errors.contains("hint: --kind regression"))
    let result = try augment("--task", "task", "-o", "out", "--kind", "regression", in: folder)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try text(folder, "out/task.yaml") == "kind: \"regression\"\n")
    let rows = try text(folder, "out/train.tsv").split(separator: "\n").dropFirst()
    #expect(rows.count > 10 && rows.allSatisfy { $0.hasSuffix("\t1.5") })
  }

  @Test func soManyTextsAreTaken() throws {
    let folder = try TemporaryFolder()
    for seed in ["1", "1", "2"] {
      let result = try augment(
        "--task", reviews, "-o", "out\(try folder.names().count).tsv", "--limit", "10", "--seed",
        seed, "--copies", "1", in: folder)
      #expect(result.errors.contains("10 texts"), "\(result.errors)")
    }
    #expect(try text(folder, "out0.tsv") == text(folder, "out1.tsv"))
    #expect(try text(folder, "out0.tsv") != text(folder, "out2.tsv"))
  }

  @Test func nothingIsReplacedUnasked() throws {
    let folder = try TemporaryFolder()
    let task = try task(in: folder)
    _ = try folder.file("more.tsv", Array("mine".utf8))
    let refused = try augment("--task", task, "-o", "more.tsv", in: folder)
    #expect(refused.status == 4 && refused.errors.contains("more.tsv: already exists"))
    #expect(try text(folder, "more.tsv") == "mine")
    let forced = try augment("--task", task, "-o", "more.tsv", "--force", in: folder)
    #expect(forced.status == 0 && forced.errors.contains("100 texts"))
    for output in ["task", "task/train.tsv"] {
      let same = try augment("--task", task, "-o", output, "--force", in: folder)
      #expect(same.status == 2 && same.errors.contains("is the input itself"), "\(same.errors)")
    }
    #expect(try text(folder, "task/train.tsv") == text(folder, "task/dev.tsv"))
  }

  @Test(arguments: [
    (["--task", "empty.tsv", "-o", "out.tsv"], Int32(3), "empty.tsv: holds no examples"),
    (["--text", "empty.tsv", "-o", "out.txt"], 3, "empty.tsv: holds no text"),
    (["--task", "none", "-o", "out.tsv"], 3, "none"),
    (["--task", "bare.tsv", "-o", "out.tsv"], 3, "which column holds label is not known"),
    (["--task", "tags.conll", "-o", "out.conll"], 2, "a tag for each word"),
    (["--task", "good.tsv", "-o", "out.csv"], 2, "its name should end with .tsv, not .csv"),
    (["--task", "good.tsv", "-o", "out.tsv", "--mlm", "MODEL"], 3, "has the head sequence-"),
    (["--task", "good.tsv", "-o", "out.tsv", "--mlm", "none"], 3, "none"),
    (["--task", "good.tsv", "-o", "missing/out.tsv"], 4, "the folder 'missing' does not exist"),
    (
      ["--task", "good.tsv", "-o", "out.tsv", "--split", "dev"], 2, "is a file, which is one split"
    ),
    (["-o", "out.tsv"], 2, "either --task or --text is needed"),
    (["--text", "good.tsv", "--task", "good.tsv", "-o", "out.tsv"], 2, "either --task or --text"),
    (["--text", "good.tsv", "--kind", "pair", "-o", "out.tsv"], 2, "--text takes lines"),
    (["--text", "good.tsv", "-o", "o.txt", "--copies", "0"], 2, "--copies takes a number from 1"),
    (["--text", "good.tsv", "-o", "o.txt", "--candidates", "0"], 2, "--candidates takes"),
    (["--text", "good.tsv", "-o", "o.txt", "--probability", "nan"], 2, "--probability takes"),
    (["--text", "good.tsv", "-o", "o.txt", "--limit", "0"], 2, "--limit takes a number from 1"),
  ])
  func refuses(_ arguments: [String], _ status: Int32, _ message: String) throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("empty.tsv", [])
    _ = try folder.file("bare.tsv", Array("sentence\tother\na film\tgood\n".utf8))
    _ = try folder.file("tags.conll", Array("Anna B-PER\nsings O\n".utf8))
    _ = try folder.file("good.tsv", Array("sentence\tlabel\na film\tgood\n".utf8))
    let names = try folder.names()
    let result = try runPare(
      ["augment", model] + arguments.map { $0 == "MODEL" ? model : $0 }, folder: folder.path)
    #expect(result.status == status && result.errors.contains(message), "\(result.errors)")
    #expect(result.output.isEmpty)
    #expect(try folder.names() == names)
  }

  /// Weights that are no numbers, in the table that is searched and in the model that is run.
  @Test func weightsThatAreNotNumbers() throws {
    let folder = try TemporaryFolder()
    for name in ["config.json", "vocab.txt", "tokenizer_config.json", "model.safetensors"] {
      _ = try folder.file("model/\(name)", bytes(of: "\(masked)/\(name)"))
    }
    var weights = try bytes(of: folder.path + "/model/model.safetensors")
    let header = Int(weights[0]) | Int(weights[1]) << 8
    for offset in (8 + header)..<weights.count where offset % 4 == 3 { weights[offset] = 0x7F }
    for offset in (8 + header)..<weights.count where offset % 4 == 2 { weights[offset] = 0xFF }
    _ = try folder.file("model/model.safetensors", weights)
    _ = try folder.file("text.txt", Array("a good film\n".utf8))
    let table = try augment("--text", "text.txt", "-o", "o", in: folder, by: "model")
    #expect(table.status == 3 && table.errors.contains("NaN"), "\(table.errors)")
    let run = try augment("--text", "text.txt", "-o", "o", "--mlm", "model", in: folder)
    #expect(run.status == 3 && run.errors.contains("NaN"), "\(run.errors)")
    #expect(try folder.names() == ["model", "text.txt"])
  }

  @Test func aLineOfAMegabyteIsRead() throws {
    let folder = try TemporaryFolder()
    let line = String(repeating: "good film ", count: 100_000)
    _ = try folder.file("text.txt", Array(line.utf8))
    let result = try augment(
      "--text", "text.txt", "-o", "o", "--copies", "1", "--mlm", masked, in: folder)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try text(folder, "o").split(separator: "\n").count == 2)
  }
}
