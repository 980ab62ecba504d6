import Checkpoints
import Tensors
import Training

/// Models between the stages of a run, as folders of the compact format: whatever a pass can make of a model is kept as it is.
struct StageModels: StructureStore {
  /// Whose configuration and vocabulary they have.
  let model: Model
  let threads: Int

  private static let format = "pare"

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
