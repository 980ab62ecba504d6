import Checkpoints
import Tensors
import Training

/// How a model is trained, as options of commands and steps.
enum TrainingStepOptions {
  static let all = [
    PassOption(
      "epochs", .integer(1...100_000), "How often all examples are gone through.", standard: "3"),
    PassOption("batch-size", .integer(1...65_536), "Examples in a batch.", standard: "32"),
    PassOption(
      "accumulate", .integer(1...65_536), "Batches to a step, for more examples than fit.",
      standard: "1"),
    PassOption(
      "learning-rate", .number(0...10), "The peak of the learning rate.", valueName: "rate",
      standard: "5e-5"),
    PassOption(
      "schedule", .text,
      "How the rate goes, as 'linear warmup=10%', 'cosine cycles=3', 'cyclic period=4e', 'constant'; lengths are steps (500), epochs (2e) or shares (10%).",
      valueName: "schedule", standard: "linear"),
    PassOption(
      "weight-decay", .number(0...1), "Of matrices; biases and norms have none.",
      valueName: "decay", standard: "0.01"),
    PassOption(
      "clip", .number(0...1e30), "The greatest length of the gradient; 0 for any.",
      valueName: "norm", standard: "1"),
    PassOption(
      "label-smoothing", .number(0...0.999_999), "The share of a label spread over all classes.",
      valueName: "share", standard: "0"),
    PassOption(
      "seed", .integer(0...Int.max), "Of everything random: a run's results are its.",
      valueName: "number", standard: "42"),
    PassOption(
      "max-length", .integer(4...1 << 20),
      "Cut sequences to this many tokens.", valueName: "tokens",
      standard: "128, or 384 for questions"),
    PassOption(
      "examples", .integer(1...1 << 40),
      "Learn from so many of the task's examples, chosen at random.", standard: "all"),
    PassOption(
      "augment", .integer(0...1000),
      "Learn from so many copies of each text too, in which words stand in others' places: neighbours in the embeddings of the teacher, or of the model itself.",
      valueName: "copies", standard: "0"),
    PassOption(
      "mlm", .file,
      "A masked-language model that finds what stands in the words' places of copies, where they are one token."
    ),
    PassOption("evaluations", .integer(1...10_000), "Evaluations in an epoch.", standard: "1"),
    PassOption(
      "patience", .integer(1...10_000), "End after so many evaluations without a better one."),
    PassOption(
      "freeze", .texts, "Leave parameters as they are that match; may be repeated.",
      valueName: "pattern"),
    PassOption(
      "gradually", .texts,
      "Apply a pass on the way, in steps, as 'cubic end=60% every=50 by=taylor: prune sparsity=0.9'; may be repeated.",
      valueName: "schedule: pass"),
    PassOption(
      "training-split", .text, "Which file of the task's folder is learned from.",
      valueName: "split", standard: "train"),
    PassOption(
      "validation", .number(1e-6...0.999_999),
      "The share of examples that is held back where there are none for evaluations.",
      valueName: "share", standard: "0.1"),
    PassOption(
      "checkpoint-every", .number(0...1e6), "How often the run's state is kept.",
      valueName: "minutes", standard: "10"),
  ]
}

extension TrainingStageRequest {
  /// What the options say.
  ///
  /// - Throws: ``Failure`` of usage for a schedule or a pass that is not understood.
  init(_ arguments: PassArguments, on task: TaskRequest, threads: Int) throws {
    var task = task
    if let length = arguments.integer("max-length") { task.options.maximumLength = length }
    self.init(on: task)
    settings = try TrainingSettings(arguments, threads: threads)
    trainingSplit = arguments.text("training-split") ?? trainingSplit
    validationShare = arguments.number("validation") ?? validationShare
    exampleLimit = arguments.integer("examples")
    copies = arguments.integer("augment") ?? 0
    maskedModel = arguments.text("mlm").map { ModelRequest($0) }
    maskedModel?.threads = threads
    if maskedModel != nil, copies == 0 {
      throw Failure(PassReason.missing(option: "augment", pass: "'mlm'"))
    }
    frozen = arguments.texts("freeze")
    compressions = try arguments.texts("gradually").map { try GradualPass($0) }
  }
}

extension TrainingSettings {
  fileprivate init(_ arguments: PassArguments, threads: Int) throws {
    self.init()
    epochs = arguments.integer("epochs") ?? epochs
    batchSize = arguments.integer("batch-size") ?? batchSize
    accumulation = arguments.integer("accumulate") ?? accumulation
    rate = arguments.number("learning-rate") ?? rate
    schedule = try arguments.text("schedule").map { try RateSchedule($0) } ?? schedule
    weightDecay = arguments.number("weight-decay") ?? weightDecay
    clipping = arguments.number("clip").map { $0 > 0 ? .global($0) : .none } ?? clipping
    labelSmoothing = arguments.number("label-smoothing") ?? labelSmoothing
    seed = arguments.integer("seed").map { UInt64($0) } ?? seed
    evaluationsPerEpoch = arguments.integer("evaluations") ?? evaluationsPerEpoch
    patience = arguments.integer("patience")
    secondsBetweenStates =
      arguments.number("checkpoint-every").map { $0 * 60 } ?? secondsBetweenStates
    self.threads = threads
  }
}
