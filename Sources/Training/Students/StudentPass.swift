import Checkpoints
import Tensors

/// Puts a new, small model into the place of one that is going to teach it.
package struct StudentPass: Pass {
  package static let declaration = PassDeclaration(
    name: "student",
    summary: "Makes a small model, not trained yet, that is to learn from this one.",
    discussion: """
      The student reads the same tokens: a word embedding, a layer of LSTM cells in both directions, a projection with GELU to the width of the \
      teacher's states, and a head with the teacher's classes (XtremeDistil: Mukherjee and Awadallah, 2020). Its words begin as the \
      teacher's in fewer dimensions, everything else at random. In a recipe 'distill' steps follow, whose teacher is the model that the recipe \
      began with; 'trim' before it leaves out words that nobody needs.
      """,
    options: [
      PassOption(
        "embedding", .integer(1...65_536), "The width of the word embedding.", valueName: "width",
        standard: "50"),
      PassOption(
        "hidden", .integer(1...65_536), "The width of the LSTM cells of each direction.",
        valueName: "width", standard: "100"),
      PassOption(
        "projection", .integer(1...65_536), "What is projected to.", valueName: "width",
        standard: "that of the teacher's states"),
      PassOption(
        "readout", .choice(BiLSTMArchitecture.Readout.allCases.map(\.rawValue)),
        "What of a text the head reads.", standard: "max-pool, or per-token for tags"),
      PassOption(
        "words", .choice(["svd", "random"]), "What the word embedding begins with.",
        standard: "svd"),
      PassOption(
        "seed", .integer(0...Int.max), "Of what is random.", valueName: "number", standard: "42"),
    ])

  private let arguments: PassArguments

  package init(_ arguments: PassArguments) throws { self.arguments = arguments }

  package func apply(to checkpoint: Checkpoint, in context: PassContext) throws -> Checkpoint {
    let teacher = try encoder(of: checkpoint)
    let width = arguments.integer("embedding") ?? 50
    let isTagger = teacher.head == .tokenClassification
    let readout =
      arguments.text("readout").flatMap(BiLSTMArchitecture.Readout.init)
      ?? (isTagger ? .perToken : .maxPool)
    guard isTagger == (readout == .perToken) else {
      throw unfit("the readout '\(readout.rawValue)' does not fit the teacher's head")
    }
    let words =
      arguments.text("words") == "random"
      ? nil : try BiLSTMStudent.words(of: checkpoint, width: width, threads: context.threads)
    var student = try BiLSTMStudent.checkpoint(
      vocabulary: teacher.vocabulary, embedding: width, hidden: arguments.integer("hidden") ?? 100,
      projection: arguments.integer("projection") ?? teacher.hidden, labels: teacher.labels,
      readout: readout, seed: UInt64(arguments.integer("seed") ?? 42), words: words)
    student.container.files = checkpoint.container.files
    student.rewrittenSidecars = checkpoint.rewrittenSidecars
    return student
  }

  private func encoder(of checkpoint: Checkpoint) throws -> EncoderArchitecture {
    let place = Place(file: checkpoint.container.files.first)
    guard let encoder = checkpoint.architecture.encoder else {
      throw unfit("the model is no transformer encoder").within(place)
    }
    guard !encoder.labels.isEmpty else {
      throw unfit("the model has no classes that a student could learn").within(place)
    }
    return encoder
  }

  private func unfit(_ why: String) -> Failure {
    Failure(PassReason.unfit(pass: Self.declaration.name, why: why))
  }
}
