import Checkpoints
import Encoders
import Formats
import Kernels
import Tasks
import Tensors
import Training

/// A model that another learns from, and what it reads for each example.
struct Teacher {
  let model: TaskModel
  let sequences: TokenStore

  static let fileName = "teacher.safetensors"
  private static let fingerprintKey = "fingerprint"

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

  /// What the teacher says of each example: worked out once for a run, and read again where it is taken up.
  func outputs(
    keptIn path: String, fingerprint: String, threads: Int, _ note: ((String) -> Void)?
  ) throws -> TeacherOutputs {
    if let kept = try? read(path, fingerprint) { return kept }
    note?("the teacher reads \(grouped(sequences.count)) examples")
    let outputs = try TeacherOutputs(of: model.encoder, for: sequences, threads: threads)
    try write(outputs, to: path, fingerprint)
    return outputs
  }

  private func read(_ path: String, _ fingerprint: String) throws -> TeacherOutputs? {
    guard exists(path) else { return nil }
    let container = try SafetensorsFormat().read(path, options: ReadOptions())
    let isOfThisRun = container.metadata.contains {
      $0.key == Self.fingerprintKey && $0.value == fingerprint
    }
    guard isOfThisRun, let tensor = container.tensors.first?.tensor,
      tensor.shape == [sequences.count, model.encoder.columns]
    else { return nil }
    return TeacherOutputs(columns: model.encoder.columns, values: try tensor.singles())
  }

  private func write(_ outputs: TeacherOutputs, to path: String, _ fingerprint: String) throws {
    let bytes = outputs.values.withUnsafeBytes { [UInt8]($0) }
    let tensor = Tensor(
      .f32, [outputs.count, outputs.columns], source: MemorySource(bytes))
    let output = try OutputTransaction(.file(path), replacing: true)
    let container = Container(
      format: "safetensors", files: [], byteCount: 0, tensors: [NamedTensor("logits", tensor)],
      metadata: [(Self.fingerprintKey, fingerprint)])
    try SafetensorsFormat().write(container, to: output, options: WriteOptions())
    try output.commit()
  }
}
