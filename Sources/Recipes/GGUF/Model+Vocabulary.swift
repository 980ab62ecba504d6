import Tensors

extension Model {
  /// Lends the folder by whose files the model's texts are read: its own, or, of a GGUF without a
  /// vocabulary beside it, one made of what the file holds, which is gone afterwards.
  func withVocabulary<Result>(_ body: (String) throws -> Result) throws -> Result {
    let names = ["tokenizer.json", "vocab.txt", "vocab.json"]
    guard !names.contains(where: { exists(joinPath(folder, $0)) }) else { return try body(folder) }
    let sidecars = GGUFVocabulary.sidecars(of: checkpoint.container)
    guard !sidecars.isEmpty else { return try body(folder) }
    let scratch = try ScratchFolder()
    let home = joinPath(scratch.path, "model")
    let output = try OutputTransaction(.folder(home), replacing: false)
    for sidecar in sidecars {
      try output.makeParents(of: sidecar.name)
      try output.makeFile(sidecar.name).write(sidecar.bytes, at: 0)
    }
    try output.commit()
    return try withExtendedLifetime(scratch) { try body(home) }
  }
}
