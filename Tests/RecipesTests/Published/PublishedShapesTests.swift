import Checkpoints
import Passes
import Tensors
import TestSupport
import Testing
import Training

@testable import Recipes

/// The shapes for which the numbers of the papers were worked out.
struct PublishedShape {
  let folder: TemporaryFolder
  let model: Model

  init(layers: Int, hidden: Int, positions: Int = 512) throws {
    folder = try TemporaryFolder()
    let shapes = BERTShapes(
      vocabulary: 30522, hidden: hidden, layers: layers, intermediate: 4 * hidden)
    let head = [("classifier.weight", [2, hidden]), ("classifier.bias", [2])]
    let configuration = """
      {"model_type": "bert", "architectures": ["BertForSequenceClassification"], "hidden_size": \(hidden),
       "num_hidden_layers": \(layers), "num_attention_heads": 12, "intermediate_size": \(4 * hidden),
       "vocab_size": 30522, "max_position_embeddings": \(positions), "type_vocab_size": 2,
       "id2label": {"0": "negative", "1": "positive"}}
      """
    _ = try folder.file("config.json", Array(configuration.utf8))
    try SparseModel(shapes.encoder(prefix: "bert.") + head).write(
      to: "\(folder.path)/model.safetensors")
    model = try Model.open(folder.path)
  }

  func recipe(_ name: String, _ settings: [String] = []) throws -> Recipe {
    try Recipe(
      published: name, settings: settings, for: model, task: TaskRequest("task"), threads: 2)
  }

  /// What a step with passes on the way makes of a model, parameter by parameter counted.
  func trajectory(_ step: RecipeStep, of checkpoint: Checkpoint) throws -> [Checkpoint] {
    let passes = try step.arguments.texts("gradually").map { try GradualPass($0) }
    return try GradualCompression(
      passes, of: checkpoint, clock: RunClock(steps: 10_000, stepsPerEpoch: 1000), threads: 2
    ).trajectory().map(\.checkpoint)
  }
}

@Suite struct RositaTests {
  /// From `reference/seed-systems.md`'s own arithmetic on the released code: millions after each of the ten prunings of the width.
  static let published = [75.0, 68.3, 61.5, 54.8, 48.1, 41.4, 34.6, 27.9, 21.2, 14.5]

  @Test func bertBaseEndsWhereThePaperEnds() throws {
    let shape = try PublishedShape(layers: 12, hidden: 768)
    #expect(shape.model.checkpoint.counts.uniqueParameters == 109_483_778)
    let steps = try shape.recipe("rosita").steps
    #expect(steps.map(\.name) == ["distill", "distill", "distill"])
    let layers = try shape.trajectory(steps[1], of: shape.model.checkpoint)
    #expect(layers.map { $0.architecture.encoder?.layers.count } == [12, 11, 10, 9, 8])
    let eight = try #require(layers.last)
    #expect(eight.counts.uniqueParameters == 81_132_290)
    let widths = try shape.trajectory(steps[2], of: eight).map(\.counts.uniqueParameters)
    // The first call comes before anything is measured, and takes nothing.
    #expect(widths.first == 81_132_290)
    let millions = widths.dropFirst().map { (Double($0) / 1e5).rounded() / 10 }
    #expect(millions == Self.published)
    #expect(widths.last == 14_474_754)
  }

  @Test func otherShapesKeepTheProportions() throws {
    let shape = try PublishedShape(layers: 6, hidden: 384)
    let steps = try shape.recipe("rosita", ["ratio=7.5"]).steps
    #expect(steps[2].arguments.texts("gradually").contains { $0.contains("rank=48 ") })
    let last = try shape.trajectory(
      steps[2], of: try #require(shape.trajectory(steps[1], of: shape.model.checkpoint).last)
    ).last
    #expect(last?.counts.uniqueParameters == 3_020_898)
    #expect(last?.architecture.encoder?.layers.map(\.heads) == [2, 2, 2, 2])
    #expect(last?.architecture.encoder?.layers.map(\.intermediate) == [256, 256, 256, 256])
    #expect(steps[2].arguments.text("learning-rate") == "4e-05")
  }

  @Test func whatCannotBeIsRefused() throws {
    let shape = try PublishedShape(layers: 6, hidden: 384)
    for (settings, message) in [
      (["ratio=100"], "cannot be made 100 times smaller"), (["ratios=3"], "did you mean 'ratio'"),
      (["ratio"], "KEY=VALUE"), (["heads=0"], "heads"),
    ] {
      let failure = #expect(throws: Failure.self) { try shape.recipe("rosita", settings) }
      let said = "\(failure?.reason.description ?? "") \(failure?.reason.hint ?? "")"
      #expect(said.contains(message), "\(said)")
    }
    #expect(throws: Failure.self) { try shape.recipe("rosetta") }
  }
}

@Suite struct OBERTaTests {
  @Test func prunableWeightsAreTheEncodersMatrices() throws {
    let shape = try PublishedShape(layers: 12, hidden: 768)
    let steps = try shape.recipe("oberta").steps
    let pass = try #require(
      try steps[0].arguments.texts("gradually").map { try GradualPass($0) }.first)
    let roles = try Prune(pass.arguments).selected(shape.model.checkpoint)
    let weights = shape.model.checkpoint.parameters.filter { roles.contains($0.role) }
    #expect(weights.reduce(0) { $0 + $1.shape.elementCount } == 84_934_656)
    #expect(pass.measure == .secondOrder && pass.curvature.size == 32)
    #expect(pass.arguments.text("pattern") == "4x1")
    // Seven steps, from the large first one.
    let calls = pass.schedule.applications(in: RunClock(steps: 30_000, stepsPerEpoch: 1000))
    #expect(calls.count == 7)
    for (call, epoch) in zip(calls, [2.0, 6, 10, 14, 18, 22, 26]) {
      #expect(abs(Double(call.step) / 1000 - epoch) < 0.01)
    }
    #expect(abs(calls[0].strength * 0.9 - 0.7) < 1e-9 && calls.last?.strength == 1)
  }

  @Test func modesAndLayersChooseTheSteps() throws {
    let shape = try PublishedShape(layers: 12, hidden: 768)
    let names = { (settings: [String]) in try shape.recipe("oberta", settings).steps.map(\.name) }
    let end = ["quantize", "quantize", "cast"]
    #expect(try names([]) == ["distill", "distill"] + end)
    #expect(try names(["layers=6"]) == ["shrink", "distill", "distill"] + end)
    #expect(try names(["mode=transfer"]) == ["distill"] + end)
    #expect(try names(["mode=one-shot", "rounding-epochs=0"]) == ["distill", "quantize"] + end)
    #expect(try names(["embedding-bits=16"]) == ["distill", "distill", "cast"])
    let shallow = try shape.recipe("oberta", ["layers=3"]).steps[1].arguments.texts("gradually")
    #expect(shallow.count == 1 && shallow[0].hasPrefix("cubic from=0.3 "))
    #expect(throws: Failure.self) { try names(["start=0.9"]) }
  }
}

@Suite struct XtremeDistilTests {
  /// Table 16 of the paper, in millions, for the 88.4 thousand words that its counts tell.
  @Test(arguments: [(300, 600, 31.8), (200, 600, 22.5), (50, 200, 5.1), (50, 100, 4.7)])
  func publishedGrid(embedding: Int, hidden: Int, millions: Double) throws {
    let student = try BiLSTMStudent.checkpoint(
      vocabulary: 88_400, embedding: embedding, hidden: hidden, projection: 768,
      labels: (0..<11).map(String.init), readout: .perToken, seed: 0)
    #expect((Double(student.counts.uniqueParameters) / 1e5).rounded() / 10 == millions)
  }

  @Test func theVocabularyIsWhatTheRatioLeaves() throws {
    let shape = try PublishedShape(layers: 6, hidden: 384)
    let steps = try shape.recipe("xtremedistil", ["transfer=more.txt"]).steps
    #expect(steps.map(\.name) == ["trim", "student", "distill", "distill", "distill"])
    #expect(steps[0].arguments.texts("corpus") == ["task", "more.txt"])
    let words = try #require(steps[0].arguments.integer("size"))
    let student = try BiLSTMStudent.checkpoint(
      vocabulary: words, embedding: 50, hidden: 100, projection: 384, labels: ["a", "b"],
      readout: .maxPool, seed: 0)
    let limit = shape.model.checkpoint.counts.uniqueParameters / 35
    #expect((limit - 50...limit).contains(student.counts.uniqueParameters))
    #expect(steps[3].arguments.texts("unfreeze") == ["head", "projection", "lstm", "embeddings"])
    // Labels are learned where there are labels.
    #expect(steps[3].arguments.text("transfer") == "more.txt")
    #expect(steps[4].arguments.text("transfer") == nil)
    let whole = try shape.recipe("xtremedistil", ["unfreezing=false"]).steps
    #expect(whole[3].arguments.texts("unfreeze").isEmpty)
  }
}
