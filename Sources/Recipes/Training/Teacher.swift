import Checkpoints
import Encoders
import Formats
import Kernels
import Tasks
import Tensors
import Training

/// A model that another learns from, what it reads for each example, and what of it is learned.
struct Teacher {
  let model: TaskModel
  private let kind: Task.Kind
  private let request: DistillationRequest
  private let examples: TrainingExamples
  private let student: Student

  /// Whoever learns, and what it reads for the same examples.
  struct Student {
    let checkpoint: Checkpoint
    let tokenizer: Tokenizer
    let examples: TrainingExamples
  }

  /// - Parameter examples: what the teacher reads.
  /// - Throws: ``Failure`` if the student cannot be held against the teacher in all that the losses name.
  init(
    _ model: TaskModel, _ request: DistillationRequest, for kind: Task.Kind,
    reading examples: TrainingExamples, by student: Student
  ) throws {
    self.model = model
    self.kind = kind
    self.request = request
    self.examples = examples
    self.student = student
    do {
      try check()
    } catch let failure as Failure { throw failure.within(Place(file: model.path)) }
  }

  /// A teacher, with the head for a task if its logits are learned from.
  static func open(_ request: DistillationRequest, for kind: Task.Kind) throws -> TaskModel {
    guard !request.losses.readsLogits else { return try TaskModel(request.teacher, for: kind) }
    let opened = try Model.open(request.teacher)
    return try TaskModel(
      opened.checkpoint, path: request.teacher.path, folder: opened.folder,
      reading: .sentence(Pooling([.cls])), compute: request.teacher.compute,
      threads: request.teacher.threads)
  }

  /// The classes of a teacher, by which the student learns too; nil where it has none that the task knows, and nobody asks for them.
  ///
  /// - Throws: ``Failure`` if logits are learned, and the task is none of logits or has other classes.
  static func labels(
    of model: TaskModel, _ losses: DistillationLosses, _ task: Task
  ) throws -> [String]? {
    guard !losses.readsLogits else { return try labels(model.labels, of: task) }
    let architecture = model.encoder.architecture
    guard architecture.head == (try task.kind.head(in: task.path)), !architecture.labels.isEmpty
    else { return nil }
    return try? labels(architecture.labels, of: task)
  }

  private static func labels(_ classes: [String], of task: Task) throws -> [String] {
    let map = LabelMap(classes: classes, declared: task.labels)
    switch task.kind {
    case .regression: return ["LABEL_0"]
    case .classification, .pair: _ = try map.indices(of: task)
    case .tags: _ = try map.tags(of: task)
    case .qa: return []
    case .similarity: throw Failure(DistillationReason.notLearnedFrom, at: Place(file: task.path))
    }
    return map.names
  }

  private func check() throws {
    let losses = request.losses
    if losses.readsLayers {
      guard let layers = model.encoder.architecture.encoder?.layers.count, layers > 0 else {
        throw Failure(DistillationReason.noLayers)
      }
      if let encoder = student.checkpoint.architecture.encoder {
        _ = try losses.layers.pairs(student: encoder.layers.count, teacher: layers)
      } else {
        guard losses.attention + losses.embeddings == 0 else {
          throw Failure(DistillationReason.onlyProjection)
        }
        try LayerMap.check(teacherLayer(of: layers), of: "teacher", count: layers)
      }
    }
    let readsTokens = losses.readsLayers && student.checkpoint.architecture.encoder != nil
    guard readsTokens || (kind == .qa && losses.readsLogits) else { return }
    try TokenComparison(
      student: student.tokenizer, teacher: model.tokenizer
    ).check(student.examples.sequences, examples.sequences)
  }

  private func teacherLayer(of layers: Int) -> Int {
    request.losses.teacherLayer ?? DistillationLosses.middleLayer(of: layers)
  }

  /// What is learned.
  ///
  /// - Parameters:
  ///   - folder: where what the teacher says is kept, for other stages with the same teacher and the same text too.
  ///   - seed: of what maps of widths begin with.
  func objective(
    keptIn folder: String, seed: UInt64, threads: Int, _ note: ((String) -> Void)?
  ) throws -> DistillationObjective {
    let losses = request.losses
    let store = TeacherStore(
      folder: folder, files: model.inputs, sequences: examples.sequences, threads: threads, note)
    var parts = DistillationObjective.Parts()
    if losses.readsLogits {
      parts.logits = LogitLosses(
        losses,
        of: try store.outputs(
          "logits", givesTokens: model.encoder.givesTokens, columns: model.encoder.columns,
          as: .f32, of: model.encoder), matching, areSpans: kind == .qa)
    }
    if losses.readsLayers {
      switch student.checkpoint.architecture {
      case .bilstm(let shape):
        parts.projection = try ProjectionLoss(
          weight: losses.hidden, of: try states(in: store, threads: threads), matching,
          width: shape.projection, seed: seed)
      case .encoder(let shape):
        parts.layers = try LayerLosses(
          losses, of: try FrozenTeacher(try checkpoint, reading: examples.sequences),
          width: shape.hidden, seed: seed)
      case .unknown: break
      }
    }
    return DistillationObjective(losses, from: parts)
  }

  private var matching: OutputMatching {
    switch kind {
    case .classification, .pair, .regression, .similarity: .examples
    case .tags: .words(WordMatching(student: student.examples, teacher: examples))
    case .qa: .tokens(examples.sequences)
    }
  }

  /// The states of one layer, in half precision: of the first token of each example, or of every token.
  private func states(in store: TeacherStore, threads: Int) throws -> TeacherOutputs {
    let checkpoint = try checkpoint
    guard let encoder = checkpoint.architecture.encoder else {
      throw Failure(DistillationReason.noLayers, at: Place(file: model.path))
    }
    let layer = teacherLayer(of: encoder.layers.count)
    let givesTokens = kind == .tags
    let reading: Reading = givesTokens ? .hiddenStates : .sentence(Pooling([.cls]))
    return try store.outputs(
      "layer-\(layer)-\(givesTokens ? "tokens" : "first")", givesTokens: givesTokens,
      columns: encoder.hidden, as: .f16,
      of: Encoder(checkpoint.endingAfter(layer), reading: reading, threads: threads))
  }

  private var checkpoint: Checkpoint {
    get throws { try Model.open(request.teacher).checkpoint }
  }
}

extension Model {
  fileprivate static func open(_ request: ModelRequest) throws -> Model {
    try open(
      request.path, format: request.format, options: request.reading, besides: request.folder)
  }
}

extension Teacher {
  /// How long it takes to read all sequences for what is kept of them, from how long it takes to read some.
  func estimatedSeconds() throws -> Double {
    let some = min(64, examples.sequences.count)
    let isKept = request.losses.readsLogits || student.checkpoint.architecture.encoder == nil
    guard some > 0, isKept else { return 0 }
    let places = (0..<some).map { $0 * examples.sequences.count / some }
    let start = now()
    _ = try model.encoder.outputs(for: places.map { examples.sequences[$0] }, threads: 1)
    return (now() - start) / Double(some) * Double(examples.sequences.count)
  }
}

extension Checkpoint {
  /// The same, to be run no further than a layer.
  ///
  /// - Throws: ``Failure`` where layers are shared in groups, whose places depend on how many are run.
  fileprivate func endingAfter(_ layer: Int) throws -> Checkpoint {
    guard var encoder = architecture.encoder, layer + 1 < encoder.layers.count else { return self }
    guard [1, encoder.layers.count].contains(encoder.storedLayers) else {
      throw Failure(DistillationReason.sharedLayers(layer))
    }
    var result = self
    encoder.layers = Array(encoder.layers.prefix(layer + 1))
    encoder.storedLayers = min(encoder.storedLayers, layer + 1)
    result.architecture = .encoder(encoder)
    return result
  }
}
