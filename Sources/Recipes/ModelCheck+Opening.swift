import Checkpoints
import Documents
import Formats
import Reports
import Tasks
import Tensors

extension ModelCheck {
  /// Checks a model that was opened: its tensors, the checksums of its files, and what lies beside them.
  public init(of model: Model, threads: Int = 1, progress: Progress? = nil) throws {
    let format = FormatList.named(model.checkpoint.container.format)
    try self.init(
      of: model.checkpoint, path: model.path,
      besides: (format?.verify(model.checkpoint.container) ?? []) + model.sidecarFindings,
      threads: threads, progress: progress)
  }
}

extension Model {
  /// What is wrong with the files beside the weights: JSON that is none, a vocabulary that is not the model's.
  fileprivate var sidecarFindings: [Diagnostic] {
    let documents = sidecars.filter { $0.name.hasSuffix(".json") }.compactMap { sidecar in
      finding { _ = try JSON.read(sidecar.path) }
    }
    return documents.isEmpty ? vocabularyFindings : documents
  }

  private var vocabularyFindings: [Diagnostic] {
    let names: Set<String> = ["tokenizer.json", "vocab.txt", "vocab.json"]
    guard let words = checkpoint.architecture.words,
      sidecars.contains(where: { names.contains($0.name) })
    else { return [] }
    var size = 0
    if let finding = finding({ size = try Tokenizer(folder: folder).vocabularySize }) {
      return [finding]
    }
    guard size != words else { return [] }
    return [
      Diagnostic(
        size > words ? .error : .note, .vocabulary,
        "the vocabulary has \(grouped(size)) tokens, the word embedding \(grouped(words)) rows")
    ]
  }

  private func finding(_ body: () throws -> Void) -> Diagnostic? {
    do {
      try body()
      return nil
    } catch {
      return Diagnostic(.error, .vocabulary, "\(error)")
    }
  }
}

extension Architecture {
  /// The rows of the word embedding, where there is one.
  fileprivate var words: Int? {
    switch self {
    case .encoder(let encoder): encoder.vocabulary
    case .bilstm(let student): student.vocabulary
    case .unknown: nil
    }
  }
}
