import Checkpoints
import Reports
import Tensors

extension ModelDifference {
  /// Compares two models that were opened, and the vocabularies beside their weights.
  public init(
    of first: Model, and second: Model, tolerance: Double = 0, selection: Selection,
    ignoring ignored: Set<Ignorable> = [], threads: Int = 1, progress: Progress? = nil
  ) throws {
    try self.init(
      of: Side(path: first.path, checkpoint: first.checkpoint),
      and: Side(path: second.path, checkpoint: second.checkpoint), tolerance: tolerance,
      selection: selection, ignoring: ignored, files: first.vocabularies(against: second),
      threads: threads, progress: progress)
  }
}

extension Model {
  private static let vocabularyNames: Set<String> = [
    "vocab.txt", "vocab.json", "merges.txt", "tokenizer.json", "tokenizer.model",
    "sentencepiece.bpe.model", "spiece.model", "added_tokens.json",
  ]

  /// The files of the vocabulary that both models have.
  fileprivate func vocabularies(against other: Model) throws -> [FileDifference] {
    let theirs = Dictionary(other.sidecars.map { ($0.name, $0.path) }) { first, _ in first }
    return try sidecars.filter { Self.vocabularyNames.contains($0.name) }.compactMap { sidecar in
      guard let path = theirs[sidecar.name] else { return nil }
      let (ours, others) = (try InputFile(sidecar.path), try InputFile(path))
      return FileDifference(
        name: sidecar.name, try ours.bytes(0..<ours.byteCount),
        try others.bytes(0..<others.byteCount))
    }
  }
}
