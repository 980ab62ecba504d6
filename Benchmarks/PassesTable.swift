import Checkpoints
import Glibc
import Kernels
import Recipes
import Tensors

/// Passes over a model of MiniLM's shapes against PyTorch on the same file, 2 threads each: pruning as a whole
/// command, PyTorch's without its start and reading; decompositions in process.
func passesTable(_ workload: Workload) throws {
  print("\npasses: 90.9 MB of F32, 2 threads, best of 7")
  let model = workload.miniLM
  let peer = try passesPeer(workload, model)
  func report(_ name: String, _ seconds: Double, _ peers: [(String, String)]) {
    var line = "  \(name)   \(milliseconds(seconds))"
    for (label, key) in peers {
      guard let other = peer[key] else { continue }
      line += "   \(label) \(milliseconds(other)), ours \(decimal(other / seconds)) ×"
    }
    print(line)
  }

  let command = [
    workload.pare, "prune", "--quiet", "--force", "--threads", "2", "--sparsity", "0.8", model,
    "-o", workload.path("pruned.safetensors"),
  ]
  let runs = try (0..<7).map { _ in try run(command) }
  report(
    "prune 80 % of the encoder's linears", runs.map(\.seconds).min()!,
    [("global_unstructured", "prune")])
  print("    \(mebibytes(runs.map(\.peakMemory).max()!)) at most, mapped pages included")

  let checkpoint = try Model.open(model).checkpoint
  let embedding = try dense(checkpoint) { $0.role.module == .embedding(.word) }
  report(
    "rank 128 of the embedding \(embedding[0].shape)",
    try fastestOfSeven { _ = try TruncatedSVD(of: embedding[0], rank: 128, threads: 2) },
    [("linalg.svd", "embedding"), ("svd_lowrank", "embedding-lowrank")])
  let linears = try dense(checkpoint) {
    guard case .layer = $0.role.module else { return false }
    return $0.shape.rank == 2
  }
  report(
    "rank 96 of \(linears.count) linears",
    try fastestOfSeven {
      try Workers.forEach(linears, threads: 2) { _ = try TruncatedSVD(of: $0, rank: 96) }
    }, [("linalg.svd", "linears")])
}

private func dense(
  _ checkpoint: Checkpoint, where isWanted: (Parameter) -> Bool
) throws -> [Tensor] {
  let tensors = checkpoint.parameters.filter(isWanted).compactMap(\.storage.dense)
  guard !tensors.isEmpty else { throw BenchmarkFailure(description: "no such matrices") }
  return tensors
}

private func fastestOfSeven(_ body: () throws -> Void) rethrows -> Double {
  try (0..<7).map { _ in
    let start = now()
    try body()
    return now() - start
  }.min()!
}

/// What PyTorch takes for the same, in seconds; nothing without a Python.
private func passesPeer(_ workload: Workload, _ model: String) throws -> [String: Double] {
  guard let python = workload.python else { return [:] }
  let output = try capture([
    python, "-W", "ignore", "Benchmarks/peers/passes.py", model, "--threads", "2",
  ])
  var seconds: [String: Double] = [:]
  for line in String(decoding: output.output, as: UTF8.self).split(separator: "\n") {
    let words = line.split(separator: " ")
    if words.count == 2 { seconds[String(words[0])] = Double(words[1]) }
  }
  return seconds
}
