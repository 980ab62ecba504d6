import Checkpoints
import Tensors

/// Folders for the vocabularies of models that are foreseen only: what trimming has made of the files beside the weights, for whoever reads
/// texts by them before the model itself is written. They go when this does.
final class ForeseenVocabularies: @unchecked Sendable {
  private var folders: [ScratchFolder] = []

  /// The model with a folder of its own, if files beside it are rewritten.
  ///
  /// - Throws: ``Failure`` if there is no place for them.
  func holding(_ model: Model) throws -> Model {
    let rewritten = model.checkpoint.rewrittenSidecars
    guard !rewritten.isEmpty else { return model }
    let folder = try ScratchFolder()
    folders.append(folder)
    // What lies in folders of its own has no part in reading texts.
    for sidecar in model.sidecars where !sidecar.name.contains("/") {
      let file = try InputFile(sidecar.path)
      try OutputTransaction.write(
        try rewritten[sidecar.name] ?? file.bytes(0..<file.byteCount),
        to: joinPath(folder.path, sidecar.name))
    }
    return Model(
      path: model.path, folder: folder.path, checkpoint: model.checkpoint, sidecars: model.sidecars)
  }
}
