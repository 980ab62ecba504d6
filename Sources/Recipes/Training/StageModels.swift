import Checkpoints
import Tensors
import Training

/// Models between the stages of a run, as folders of the compact format: whatever a pass can make of a model is kept as it is.
struct StageModels: StructureStore {
  /// Whose configuration and vocabulary they have.
  let model: Model
  let threads: Int

  static let format = "pare"

  func keep(_ checkpoint: Checkpoint, at path: String) throws {
    _ = try Conversion(
      of: model.holding(checkpoint),
      request: ConversionRequest(
        output: .folder(path), format: Self.format, selection: try Selection(),
        allowsUnmapped: true, replaces: true, writing: WriteOptions(threads: threads))
    ).run(progress: nil)
  }

  func open(_ path: String) throws -> Checkpoint {
    try Model.open(path, format: Self.format).checkpoint
  }
}

extension TrainingStageRequest {
  /// What is done to a model on the way, and where it is kept meanwhile; nil where nothing is.
  ///
  /// - Throws: ``Failure`` of usage if a pass does not fit the model or the run.
  func compression(
    of checkpoint: Checkpoint, in model: Model, _ clock: RunClock
  ) throws -> (passes: GradualCompression, store: any StructureStore)? {
    guard !compressions.isEmpty else { return nil }
    let threads = settings.threads
    let passes = try GradualCompression(
      compressions, of: checkpoint, clock: clock, threads: threads)
    return (passes, StageModels(model: model, threads: threads))
  }
}
