import ArgumentParser
import Training

/// How a model is trained.
struct TrainingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How often all examples are gone through.", valueName: "count"))
  var epochs = 3

  @Option(help: ArgumentHelp("Examples in a batch.", valueName: "count"))
  var batchSize = 32

  @Option(help: ArgumentHelp("Batches to a step, for more examples than fit.", valueName: "count"))
  var accumulate = 1

  @Option(help: ArgumentHelp("The peak of the learning rate.", valueName: "rate"))
  var learningRate = 5e-5

  @Option(
    help: ArgumentHelp(
      "How the rate goes, as 'linear warmup=10%', 'cosine cycles=3', 'cyclic period=4e', 'constant'; lengths are steps (500), epochs (2e) or shares (10%).",
      valueName: "schedule"))
  var schedule = "linear"

  @Option(help: ArgumentHelp("Of matrices; biases and norms have none.", valueName: "decay"))
  var weightDecay = 0.01

  @Option(help: ArgumentHelp("The greatest length of the gradient; 0 for any.", valueName: "norm"))
  var clip = 1.0

  @Option(
    help: ArgumentHelp("The share of a label spread over all classes.", valueName: "share"))
  var labelSmoothing = 0.0

  @Option(help: ArgumentHelp("Of everything random: a run's results are its.", valueName: "number"))
  var seed: UInt64 = 42

  @Option(
    help: ArgumentHelp(
      "Cut sequences to this many tokens (default: 128, or 384 for questions).",
      valueName: "tokens"))
  var maxLength: Int?

  @Option(help: ArgumentHelp("Evaluations in an epoch.", valueName: "count"))
  var evaluations = 1

  @Option(
    help: ArgumentHelp("End after so many evaluations without a better one.", valueName: "count"))
  var patience: Int?

  @Option(
    help: ArgumentHelp(
      "Leave parameters as they are that match; may be repeated.", valueName: "pattern"))
  var freeze: [String] = []

  @Option(
    help: ArgumentHelp(
      "Apply a pass on the way, in steps, as 'cubic end=60% every=50 by=taylor: prune sparsity=0.9'; may be repeated.",
      valueName: "schedule: pass"))
  var gradually: [String] = []

  @Option(
    help: ArgumentHelp("Which file of the task's folder is learned from.", valueName: "split"))
  var trainingSplit = "train"

  @Option(
    help: ArgumentHelp(
      "The share of examples that is held back where the task has no dev split.",
      valueName: "share"))
  var validation = 0.1

  @Option(help: ArgumentHelp("How often the run's state is kept.", valueName: "minutes"))
  var checkpointEvery = 10.0

  func validate() throws {
    func check(_ fits: Bool, _ option: String, _ expected: String) throws {
      guard fits else { throw ValidationError("--\(option) takes \(expected)") }
    }
    try check((1...100_000).contains(epochs), "epochs", "a number from 1 to 100000")
    try check((1...65_536).contains(batchSize), "batch-size", "a number from 1 to 65536")
    try check((1...65_536).contains(accumulate), "accumulate", "a number from 1 to 65536")
    try check((0...10).contains(learningRate), "learning-rate", "a number from 0 to 10")
    try check((0...1).contains(weightDecay), "weight-decay", "a number from 0 to 1")
    try check(clip >= 0 && clip.isFinite, "clip", "a number from 0")
    try check((0..<1).contains(labelSmoothing), "label-smoothing", "a number from 0 to below 1")
    try check(maxLength.map { $0 >= 4 } ?? true, "max-length", "a number from 4")
    try check((1...10_000).contains(evaluations), "evaluations", "a number from 1 to 10000")
    try check(patience.map { $0 > 0 } ?? true, "patience", "a number from 1")
    try check(validation > 0 && validation < 1, "validation", "a number between 0 and 1")
    try check(checkpointEvery >= 0 && checkpointEvery < 1e6, "checkpoint-every", "a number from 0")
  }

  func settings(threads: Int) throws -> TrainingSettings {
    var settings = TrainingSettings()
    settings.epochs = epochs
    settings.batchSize = batchSize
    settings.accumulation = accumulate
    settings.rate = learningRate
    settings.schedule = try RateSchedule(schedule)
    settings.weightDecay = weightDecay
    settings.clipping = clip > 0 ? .global(clip) : .none
    settings.labelSmoothing = labelSmoothing
    settings.seed = seed
    settings.evaluationsPerEpoch = evaluations
    settings.patience = patience
    settings.secondsBetweenStates = checkpointEvery * 60
    settings.threads = threads
    return settings
  }
}
