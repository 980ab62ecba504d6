import Checkpoints
import Encoders
import Formats
import Tasks
import Tensors
import Training

/// A model that is about to be calibrated, and the text that it is going to read.
package struct ModelCalibration: Sendable {
  package let request: CalibrationRequest
  private let model: Model
  private let examples: TrainingExamples
  /// Sequences from which nothing is measured.
  package let heldOut: [TokenSequence]
  /// How many texts there are in all.
  package let textCount: Int
  /// How often each token occurs in all of the source's text.
  private let frequencies: [Int]
  private let unknownShare: Double

  /// What a calibration has gone through.
  package struct Summary: Sendable {
    package var examples = 0
    package var tokens = 0
    /// What the user should know.
    package var notes: [Diagnostic] = []
  }

  /// Opens the model and reads the text.
  ///
  /// - Throws: ``Failure`` if either cannot be read, or there is no text.
  package init(_ request: CalibrationRequest) throws {
    self.request = request
    let opened = try Model.open(
      request.model.path, format: request.model.format, options: request.model.reading,
      besides: request.model.folder)
    model = opened
    let (all, tokenizer, counted) = try opened.withVocabulary { folder in
      let tokenizer = try Tokenizer(folder: folder)
      let vocabulary = try TokenizerVocabulary(folder: folder)
      return (
        try Self.examples(request, opened.checkpoint, tokenizer), tokenizer,
        try request.frequencies.map {
          try vocabulary.frequencies(inFile: $0, threads: request.settings.threads)
        }
      )
    }
    let count = opened.checkpoint.architecture.vocabulary
    var frequencies = [Int](repeating: 0, count: count)
    for index in 0..<all.count {
      for id in all.sequences[index].ids where frequencies.indices.contains(Int(id)) {
        frequencies[Int(id)] += 1
      }
    }
    let unknown = tokenizer.specialTokens.unk.map { frequencies[Int($0)] } ?? 0
    unknownShare = Double(unknown) / Double(max(1, all.sequences.tokenCount))
    for counts in counted {
      for (id, number) in counts.enumerated() where frequencies.indices.contains(id) {
        frequencies[id] += number
      }
    }
    self.frequencies = frequencies
    textCount = all.count
    let parts = Self.parts(of: all, request)
    examples = parts.kept
    heldOut = parts.heldOut.allSequences
  }

  private static func parts(
    of all: TrainingExamples, _ request: CalibrationRequest
  ) -> (kept: TrainingExamples, heldOut: TrainingExamples) {
    all.holdingOut(
      min(request.heldOut, all.count / 4), limit: request.limit, seed: request.seed)
  }

  /// The texts from which nothing is measured, as a tokenizer cuts them.
  func heldOut(cutBy tokenizer: Tokenizer) throws -> [TokenSequence] {
    Self.parts(of: try Self.examples(request, model.checkpoint, tokenizer), request)
      .heldOut.allSequences
  }

  private static func examples(
    _ request: CalibrationRequest, _ checkpoint: Checkpoint, _ tokenizer: Tokenizer
  ) throws -> TrainingExamples {
    let threads = request.settings.threads
    let usual = checkpoint.architecture.head == .questionAnswering ? 384 : 128
    let limit =
      [try checkpoint.tokenLimit, tokenizer.modelLimit, request.maximumLength ?? usual]
      .compactMap(\.self).min() ?? usual
    switch request.source {
    case .text(let path):
      guard !request.usesLabels else {
        throw Failure(CalibrationRequestReason.noLabels, at: Place(file: path))
      }
      return try TrainingExamples(
        transferText: path, tokenizer, limit: limit, threads: threads)
    case .task(let wanted):
      let split = wanted.split ?? (isFolder(wanted.path) ? "train" : nil)
      let task = try Task.read(wanted.path, split: split, overriding: wanted.description)
      guard request.usesLabels else {
        return try TrainingExamples(textsOf: task, tokenizer, limit: limit, threads: threads)
      }
      let labels = LabelMap(classes: checkpoint.architecture.labels, declared: task.labels)
      return try TrainingExamples(
        task, tokenizer, labels: labels, limit: limit, threads: threads)
    }
  }

  /// Measures the model.
  ///
  /// - Parameter progress: told of examples.
  /// - Returns: a file of statistics that is yet to be written, and what was gone through.
  package func measure(
    progress: Progress? = nil
  ) throws -> (container: Container, summary: Summary) {
    let calibration = try Calibration(of: model.checkpoint, request.settings)
    var result = try calibration.run(on: examples, progress: progress)
    let counts = frequencies.map { Float($0) }.withUnsafeBytes { [UInt8]($0) }
    result.tensors["tokens.frequency"] = Tensor(
      .f32, [frequencies.count], source: MemorySource(counts))
    let tokens = (0..<examples.count).reduce(0) { $0 + examples.sequences[$1].count }
    let metadata = [
      ("schema", Statistics.schema), ("model", try model.checkpoint.fingerprint()),
      ("examples", "\(examples.count)"), ("tokens", "\(tokens)"), ("seed", "\(request.seed)"),
      ("labels", request.usesLabels ? "given" : "drawn"), ("source", try fingerprint),
    ]
    let named = result.tensors.sorted { $0.key < $1.key }.map { NamedTensor($0.key, $0.value) }
    let container = Container(
      format: SafetensorsFormat().name, files: [], byteCount: 0, tensors: named,
      metadata: metadata)
    return (
      container, Summary(examples: examples.count, tokens: tokens, notes: notes(result.inputs))
    )
  }

  /// By which statistics of the same text, measured in the same way, are known again.
  private var fingerprint: String {
    get throws {
      var fingerprint = Fingerprint()
      let measures = request.settings.measures.map(\.rawValue).sorted().joined(separator: " ")
      fingerprint.combine(
        "\(measures) \(request.usesLabels) \(request.settings.seed) \(heldOut.count) \(examples.count)"
      )
      for index in 0..<examples.count {
        examples.sequences[index].ids.withUnsafeBytes { fingerprint.combine($0) }
      }
      frequencies.withUnsafeBytes { fingerprint.combine($0) }
      return fingerprint.text
    }
  }

  /// Measures the model unless a file holds what would come of it already.
  ///
  /// - Parameter path: where the file lies, and is written if it is not there, or was kept there of something else.
  /// - Returns: what is in the file, and what the user should know.
  /// - Throws: ``Failure`` if another kind of file lies there.
  package func kept(
    at path: String, progress: Progress? = nil
  ) throws -> (statistics: Statistics, notes: [Diagnostic]) {
    let known = try? SafetensorsFormat().read(path, options: ReadOptions())
    func kept(_ key: String) -> String? { known?.metadata.last { $0.key == key }?.value }
    if let known, try kept("source") == fingerprint,
      try kept("model") == model.checkpoint.fingerprint()
    {
      let note = Diagnostic(.note, .calibration, "took statistics from \(printable(path))")
      return (try Statistics(known), [note])
    }
    // What a user put there is never replaced.
    let isOurs = kept("schema") == Statistics.schema && kept("source") != nil
    let summary = try run(to: path, replacing: isOurs, progress: progress)
    return (
      try Statistics(SafetensorsFormat().read(path, options: ReadOptions())), summary.notes
    )
  }

  private func notes(_ inputs: (count: Int, width: Int)) -> [Diagnostic] {
    var notes: [Diagnostic] = []
    if inputs.count > 0, inputs.count < 2 * inputs.width {
      notes.append(
        Diagnostic(
          .warning, .calibration,
          "linears were fed \(grouped(inputs.count)) vectors of \(grouped(inputs.width)) features: too few to tell all directions apart; passes damp what is not known"
        ))
    }
    if unknownShare > Self.foreignShare {
      let percent = Int((unknownShare * 100).rounded())
      notes.append(
        Diagnostic(
          .warning, .calibration,
          "\(percent) % of the tokens are unknown to the vocabulary: is this text in a language that the model reads?"
        ))
    }
    return notes
  }

  /// Beyond this share of unknown tokens text is probably in another language than the vocabulary.
  private static let foreignShare = 0.05

  /// Measures the model, and writes what was found out, whole or not at all.
  package func run(
    to path: String, replacing: Bool, progress: Progress? = nil
  ) throws -> Summary {
    let destination = Destination.file(path)
    try destination.check(replacing: replacing, names: [])
    let (container, summary) = try measure(progress: progress)
    let output = try OutputTransaction(destination, replacing: replacing)
    try SafetensorsFormat().write(
      container, to: output, options: WriteOptions(threads: request.settings.threads))
    try output.commit()
    return summary
  }
}

/// Why a model is not calibrated as asked.
enum CalibrationRequestReason: Reason {
  case noLabels

  var outcome: Outcome { .usage }

  var description: String {
    switch self {
    case .noLabels: "is text without labels; a task's folder or file has them"
    }
  }
}

extension TrainingExamples {
  fileprivate var allSequences: [TokenSequence] { (0..<count).map { sequences[$0] } }
}
