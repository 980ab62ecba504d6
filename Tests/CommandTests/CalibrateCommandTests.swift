import Documents
import Foundation
import TestSupport
import Testing

/// `pare calibrate` on the trained sample, and what passes make of its file.
@Suite struct CalibrateCommandTests {
  private let folder = try! TemporaryFolder()
  private let model = Places.sample("sst2-tiny")
  private let task = Places.sample("sentiment/dev.tsv")

  private func calibrate(_ options: [String], to name: String = "x.statistics.safetensors") throws
    -> RunResult
  {
    try runPare(
      ["calibrate", model, "-o", "\(folder.path)/\(name)", "--examples", "40"] + options)
  }

  @Test func whatItMeasuresIsUsed() throws {
    let result = try calibrate([
      "--calibration", task, "--measure", "inputs", "--measure", "masks", "--measure", "fisher",
      "--labels",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("40 texts"))
    let statistics = "\(folder.path)/x.statistics.safetensors"
    let metadata = try JSON.parse(
      Array(try runPare(["inspect", statistics, "--json"]).output.utf8), file: "")
    #expect(metadata["metadata"]?["schema"]?.string == "pare.statistics/1")
    #expect(metadata["metadata"]?["labels"]?.string == "given")
    for (name, options) in [
      ("sparse", ["prune", model, "--sparsity", "0.5", "--method", "sparsegpt"]),
      ("coded", ["quantize", model, "--method", "gptq", "--bits", "4"]),
      ("slim", ["shrink", model, "--flops", "0.6"]),
      ("factors", ["factorize", model, "--ratio", "0.5"]),
    ] {
      let output = "\(folder.path)/\(name)/"
      let made = try runPare(
        options + ["--statistics", statistics, "-o", output, "--to", "pare"])
      #expect(made.status == 0, "\(made.errors)")
      let evaluated = try runPare(["evaluate", output, "--task", task, "--min", "0.6"])
      #expect(evaluated.status == 0, "\(name): \(evaluated.output) \(evaluated.errors)")
    }
    let other = try runPare(
      ["prune", Places.sample("bert-tiny"), "--sparsity", "0.5", "--statistics", statistics]
        + ["-o", "\(folder.path)/other/"])
    #expect(other.status == 3 && other.errors.contains("of another model"))
  }

  /// Passes measure what they need themselves, and keep it: the result is that of two steps.
  @Test func passesCalibrate() throws {
    for (name, options) in [
      (
        "sparse",
        ["prune", model, "--sparsity", "0.5", "--method", "sparsegpt", "--repair", "bias"]
      ),
      ("coded", ["quantize", model, "--method", "gptq", "--step", "0.8"]),
      ("factors", ["factorize", model, "--ratio", "0.5", "--weighting", "fisher"]),
    ] {
      let output = "\(folder.path)/\(name)/"
      let made = try runPare(options + ["--calibration", task, "-o", output, "--to", "pare"])
      #expect(made.status == 0, "\(made.errors)")
      let kept = "\(folder.path)/\(name).statistics.safetensors"
      let again = try runPare(
        options + ["--statistics", kept, "-o", "\(folder.path)/\(name)-again/", "--to", "pare"])
      #expect(again.status == 0, "\(again.errors)")
      let tensors = try [output, "\(folder.path)/\(name)-again/"].map {
        try runPare(["hash", $0]).output.split(separator: " ").first
      }
      #expect(tensors[0] == tensors[1] && tensors[0] != nil)
    }
    let both = try runPare(
      ["quantize", model, "--method", "gptq", "--calibration", task, "--statistics", "x"]
        + ["-o", "\(folder.path)/both/"])
    #expect(both.status == 2 && both.errors.contains("exclude each other"))
    let dry = try runPare(
      ["quantize", model, "--method", "gptq", "--calibration", task, "--dry-run"]
        + ["-o", "\(folder.path)/dry/"])
    #expect(dry.status == 0, "\(dry.errors)")
    #expect(
      !FileManager.default.fileExists(atPath: "\(folder.path)/dry.statistics.safetensors"))
  }

  /// The same bytes again, whatever the number of threads; text gives no labels.
  @Test func runsAreRepeatable() throws {
    let text = Places.sample("encoders/sentences.txt")
    let options = ["--calibration", text, "--measure", "fisher"]
    #expect(try calibrate(options + ["--threads", "1"], to: "a.safetensors").status == 0)
    #expect(try calibrate(options + ["--threads", "2"], to: "b.safetensors").status == 0)
    #expect(
      try bytes(of: "\(folder.path)/a.safetensors") == bytes(of: "\(folder.path)/b.safetensors"))
    let again = try calibrate(options, to: "a.safetensors")
    #expect(again.status == 4 && again.errors.contains("exists"))
    let labelled = try calibrate(options + ["--labels"], to: "c.safetensors")
    #expect(labelled.status == 2 && labelled.errors.contains("text without labels"))
  }

  /// Too little text, and text that the vocabulary does not have.
  @Test func poorTextIsSaid() throws {
    let foreign = try folder.file(
      "foreign.txt", Array("これは別の言語の文章です\n我们不认识这些字\n".utf8))
    let result = try calibrate(["--calibration", foreign])
    #expect(result.status == 0)
    #expect(result.errors.contains("too few to tell all directions apart"))
    #expect(result.errors.contains("unknown to the vocabulary"))
    let empty = try folder.file("empty.txt", Array("\n \n".utf8))
    #expect(try calibrate(["--calibration", empty], to: "e.safetensors").status == 3)
  }
}
