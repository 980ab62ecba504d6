import Checkpoints
import Passes
import Tensors
import Training

/// XtremeDistil: a BiLSTM student taught stage by stage, first the teacher's states, then its logits, then labels, each time from the head down
/// (Mukherjee and Awadallah, "XtremeDistil: Multi-stage Distillation for Massive Multilingual Models", 2020).
package struct XtremeDistil: PublishedRecipe {
  package static let declaration = PassDeclaration(
    name: "xtremedistil",
    summary: "A BiLSTM student, taught states, logits and labels one after the other.",
    discussion: """
      Words that neither the task's train split nor the transfer text has leave the vocabulary, the rarest of the others too where the ratio asks for it. The \
      student's words begin as the teacher's in fewer dimensions. It learns a middle layer of the teacher from the texts alone, then the teacher's logits, \
      then labels; in these two stages the head is trained first, then the projection too, then the LSTM, then the words, each time from the best \
      of the time before. Widths are those of the paper's smallest model but one (50 and 200, at a width of 768), and go with the teacher's.
      """,
    options: [
      PassOption(
        "ratio", .number(1...100_000), "How many times fewer parameters than the teacher has.",
        standard: "35"),
      PassOption(
        "vocabulary", .integer(1...16_777_215), "How many words stay.",
        standard: "what the ratio allows"),
      PassOption(
        "embedding", .integer(1...65_536), "The width of the student's words.", valueName: "width",
        standard: "50"),
      PassOption(
        "hidden", .integer(1...65_536), "The width of its LSTM cells.", valueName: "width",
        standard: "200 · width / 768"),
      PassOption(
        "readout", .text, "What of a text the head reads.",
        standard: "max-pool, or per-token for tags"),
      PassOption(
        "words", .choice(["svd", "random"]), "What the student's words begin with.",
        standard: "svd"),
      PassOption(
        "teacher-layer", .integer(0...4095), "Which layer is learned.", valueName: "layer",
        standard: "the seventh of twelve, or the like"),
      .epochs("state-epochs", of: "learning states", 80),
      .epochs("logit-epochs", of: "learning logits, for each part", 80),
      .epochs("label-epochs", of: "learning labels, for each part", 80),
      .rate("learning-rate", of: "states and logits", "1e-3"),
      .rate("label-rate", of: "labels", "1e-3"),
      PassOption(
        "schedule", .text, "How the rate goes in every stage.", valueName: "schedule",
        standard: "cosine restarts=50e mult=2 high=0.97"),
      PassOption(
        "loss", .text, "What is learned of the teacher's logits.", valueName: "losses",
        standard: "logit-p=1"),
      PassOption(
        "unfreezing", .choice(["true", "false"]), "Whether parts are trained from the head down.",
        standard: "true"),
    ]
      + PublishedOptions.training(["batch-size": "512", "augment": "0", "patience": "5"]))

  private let arguments: PassArguments

  package init(_ arguments: PassArguments) throws { self.arguments = arguments }

  package func steps(for model: Model, in setting: TrainingSetting) throws -> [RecipeStep] {
    guard let encoder = model.checkpoint.architecture.encoder else {
      throw Failure(PublishedReason.noEncoder(Self.declaration.name))
    }
    guard let task = setting.task else {
      throw Failure(TrainingRequestReason.noTask(Self.declaration.name))
    }
    let hidden =
      arguments.integer("hidden") ?? max(1, Int((200.0 * Double(encoder.hidden) / 768).rounded()))
    var steps = [
      try trim(for: task.path, size: try vocabulary(model.checkpoint, encoder, hidden: hidden)),
      try student(hidden: hidden),
    ]
    if integer("state-epochs") > 0 { steps.append(try states()) }
    if integer("logit-epochs") > 0 { steps.append(try logits()) }
    if integer("label-epochs") > 0 { steps.append(try labels()) }
    return steps
  }

  /// How many words the ratio leaves to the student.
  private func vocabulary(
    _ teacher: Checkpoint, _ encoder: EncoderArchitecture, hidden: Int
  ) throws -> Int {
    if let given = arguments.integer("vocabulary") { return given }
    let width = integer("embedding")
    let classes = max(1, encoder.labels.count)
    let one = try BiLSTMStudent.checkpoint(
      vocabulary: 1, embedding: width, hidden: hidden, projection: encoder.hidden,
      labels: (0..<classes).map(String.init),
      readout: encoder.head == .tokenClassification ? .perToken : .maxPool, seed: 0)
    let whole = Double(teacher.counts.uniqueParameters)
    let ratio = number("ratio")
    let rest = one.counts.uniqueParameters - width
    let words = (Int(whole / ratio) - rest) / width
    guard words > 0 else {
      throw Failure(
        PublishedReason.unreachable(
          Self.declaration.name, ratio: ratio, least: whole / Double(rest + width)))
    }
    return min(words, encoder.vocabulary)
  }

  private func trim(for task: String, size: Int) throws -> RecipeStep {
    let corpora = [task] + [arguments.text("transfer")].compactMap(\.self)
    return try RecipeStep("trim", [("corpus", corpora), ("size", ["\(size)"])])
  }

  private func student(hidden: Int) throws -> RecipeStep {
    let given = ["readout", "words", "seed"].compactMap { name in
      arguments.text(name).map { (option: name, values: [$0]) }
    }
    return try RecipeStep(
      StudentPass.declaration.name,
      [("embedding", ["\(integer("embedding"))"]), ("hidden", ["\(hidden)"])] + given)
  }

  private func states() throws -> RecipeStep {
    let layer = arguments.integer("teacher-layer").map { " teacher-layer=\($0)" } ?? ""
    return try training("state-epochs", "hidden=1" + layer, "learning-rate")
  }

  private func logits() throws -> RecipeStep {
    try training("logit-epochs", text("loss"), "learning-rate", unfreezes: true)
  }

  /// Text without labels has nothing to say here.
  private func labels() throws -> RecipeStep {
    try training("label-epochs", "hard=1", "label-rate", unfreezes: true, without: ["transfer"])
  }

  private func training(
    _ epochs: String, _ loss: String, _ rate: String, unfreezes: Bool = false,
    without omitted: Set<String> = []
  ) throws -> RecipeStep {
    let parts = ["head", "projection", "lstm", "embeddings"]
    return try arguments.training(
      DistillStep.declaration.name, of: Self.declaration,
      [
        ("loss", [loss]), ("epochs", ["\(integer(epochs))"]),
        ("learning-rate", [rateText(number(rate))]),
        ("schedule", [text("schedule")]),
        ("unfreeze", unfreezes && arguments.isOn("unfreezing") ? parts : []),
      ], without: omitted)
  }

  private func number(_ name: String) -> Double { arguments.number(name, of: Self.declaration) }
  private func integer(_ name: String) -> Int { arguments.integer(name, of: Self.declaration) }
  private func text(_ name: String) -> String { arguments.text(name, of: Self.declaration) }
}
