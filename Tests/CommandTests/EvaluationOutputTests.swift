import TestSupport
import Testing

/// Where `pare evaluate` and `pare embed` may write, and what they leave alone.
@Suite struct EvaluationOutputTests {
  private let model = Places.sample("encoders/sentence/mean")
  private let names = [
    "model.safetensors", "config.json", "vocab.txt", "tokenizer.json", "modules.json",
  ]

  private func copy() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in names { _ = try folder.file(name, bytes(of: "\(model)/\(name)")) }
    _ = try folder.file("1_Pooling/config.json", bytes(of: "\(model)/1_Pooling/config.json"))
    _ = try folder.file(
      "dev.tsv", Array("sentence1\tsentence2\tscore\nfun\tbad\t1\nplot\tplot\t3\n".utf8))
    return folder
  }

  @Test(arguments: ["model.safetensors", "vocab.txt", "config.json", "dev.tsv"])
  func inputsAreNeverTouched(_ name: String) throws {
    let folder = try copy()
    let path = "\(folder.path)/\(name)"
    let before = try bytes(of: path)
    let task = "\(folder.path)/dev.tsv"
    let result = try pare(
      "evaluate", folder.path, "--task", task, "--predictions", path, "--force")
    #expect(result.status == 2 && result.errors.contains("is the input itself"))
    if name != "dev.tsv" {
      let vectors = try shell("echo fun | pare embed \(folder.path) --to npy --force -o \(path)")
      #expect(vectors.status == 2 && vectors.errors.contains("is the input itself"))
    }
    #expect(try bytes(of: path) == before)
  }

  @Test func devicesAndPipesAreNotReplaced() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.path + "/vectors.npy"
    #expect(try shell("mkfifo \(pipe)").status == 0)
    let result = try shell("echo fun | pare embed \(model) --force -o \(pipe)")
    #expect(result.status == 2 && result.errors.contains("pipe"))
    #expect(try shell("test -p \(pipe)").status == 0)
    #expect(try folder.names() == ["vectors.npy"])
  }

  /// Before a label is looked up, let alone a sentence run.
  @Test func anOutputIsLookedAtBeforeTheWork() throws {
    let folder = try TemporaryFolder()
    let task = try folder.file("dev.tsv", Array("sentence\tlabel\nfun\tnone\n".utf8))
    let options = ["evaluate", Places.sample("sst2-tiny"), "--task", task, "--predictions"]
    #expect(try runPare(options + [folder.path + "/none/p.tsv"]).status == 4)
    #expect(try runPare(options + [folder.path + "/p.tsv"]).status == 3)
  }

  @Test func namesThatSayNoFormat() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/vectors.txt"
    let result = try shell("echo fun | pare embed \(model) -o \(path)")
    #expect(result.status == 2 && result.errors.contains("--to"))
    #expect(try shell("echo fun | pare embed \(model) -o \(path) --to tsv").status == 0)
  }

  @Test func optionsThatContradict() throws {
    let task = ["evaluate", Places.sample("sst2-tiny"), "--task", Places.sample("tasks/reviews")]
    for options in [
      ["--min", "nan"], ["--min", "inf"], ["--json", "--predictions", "-"],
      ["--columns", "text=1,text=2"], ["--pooling", "cls"],
    ] {
      let result = try runPare(task + options)
      #expect(result.status == 2 && result.output.isEmpty, "\(options): \(result.errors)")
    }
    let high = try runPare(task + ["--min", "1e300"])
    #expect(high.status == 1 && high.errors.contains("1e+300"))
  }
}
