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
  private let request: DistillationRequest
  private let sequences: TokenStore
  private let student: Student

  /// Whoever learns, and what it reads for the same examples.
  struct Student {
    let checkpoint: Checkpoint
    let tokenizer: Tokenizer
    let sequences: TokenStore
  }

  /// - Parameter sequences: what the teacher reads for each example.
  /// - Throws: ``Failure`` if the student cannot be held against the teacher in all that the losses name.
  init(
    _ model: TaskModel, _ request: DistillationRequest, reading sequences: TokenStore,
    by student: Student
  ) throws {
    self.model = model
    self.request = request
    self.sequences = sequences
    self.student = student
    guard request.losses.readsLayers else { return }
    do {
      try checkLayers()
    } catch let failure as Failure { throw failure.within(Place(file: model.path)) }
  }

  /// The classes of a teacher, by which the student learns too.
  ///
  /// - Throws: ``Failure`` if the task is none that is learned by a teacher's outputs, or has other classes.
  static func labels(of model: TaskModel, _ task: Task) throws -> [String] {
    switch task.kind {
    case .regression: return ["LABEL_0"]
    case .classification, .pair:
      let map = LabelMap(classes: model.labels, declared: task.labels)
      _ = try map.indices(of: task)
      return map.names
    case .tags, .qa, .similarity:
      throw Failure(DistillationReason.notLearnedFrom, at: Place(file: task.path))
    }
  }

  private func checkLayers() throws {
    let layers = try model.encoder.architecture.layersToLearnFrom
    guard let encoder = student.checkpoint.architecture.encoder else {
      throw Failure(DistillationReason.noLayers)
    }
    _ = try request.losses.layers.pairs(student: encoder.layers.count, teacher: layers)
    try TokenComparison(
      student: student.tokenizer, teacher: model.tokenizer
    ).check(student.sequences, sequences)
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
    return DistillationObjective(
      losses,
      from: losses.readsLogits ? try logits(keptIn: folder, threads: threads, note) : nil,
      layers: losses.readsLayers ? try layers(seed: seed) : nil)
  }

  private func logits(
    keptIn folder: String, threads: Int, _ note: ((String) -> Void)?
  ) throws -> TeacherOutputs {
    let store = TeacherStore(folder: folder, files: model.inputs, sequences: sequences)
    return try store.outputs("logits") {
      note?("the teacher reads \(grouped(sequences.count)) examples")
      return TeacherRows.tensor(
        of: model.encoder, for: sequences, as: .f32, threads: threads)
    }
  }

  private func layers(seed: UInt64) throws -> LayerLosses {
    let teacher = request.teacher
    let opened = try Model.open(
      teacher.path, format: teacher.format, options: teacher.reading, besides: teacher.folder)
    return try LayerLosses(
      request.losses, of: try FrozenTeacher(opened.checkpoint, reading: sequences),
      width: student.checkpoint.architecture.encoder?.hidden ?? 0, seed: seed)
  }
}

extension Architecture {
  fileprivate var layersToLearnFrom: Int {
    get throws {
      guard let encoder, !encoder.layers.isEmpty else { throw Failure(DistillationReason.noLayers) }
      return encoder.layers.count
    }
  }
}

extension Teacher {
  /// How long it takes to read all sequences, from how long it takes to read some.
  func estimatedSeconds() throws -> Double {
    let some = min(64, sequences.count)
    guard some > 0 else { return 0 }
    let places = (0..<some).map { $0 * sequences.count / some }
    let start = now()
    _ = try model.encoder.outputs(for: places.map { sequences[$0] }, threads: 1)
    return (now() - start) / Double(some) * Double(sequences.count)
  }
}
