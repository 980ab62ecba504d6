import Documents
import Glibc

/// ONNX Runtime and PyTorch on the same sentences, through the scripts in `peers/`.
///
/// Exported models are kept in the folder that `PARE_BENCH_CACHE` names, or else made anew each run.
struct EncoderPeers {
  let python: String
  let model: String
  /// The folder of SST-2: `dev.tsv` has 872 sentences.
  let task: String
  private let folder: String
  private let scratch: String

  /// Nil, with the reason printed, where something is missing.
  init?(_ workload: Workload) throws {
    let shared = getenv("PARE_SHARED").map { String(cString: $0) } ?? "../shared"
    model = "\(shared)/models/minilm-sst2"
    task = "\(shared)/data/sst2"
    guard access(model, R_OK) == 0, access(task, R_OK) == 0 else {
      print("  skipped: neither \(model) nor another folder in PARE_SHARED")
      return nil
    }
    guard let python = workload.python else {
      print("  skipped: PARE_PYTHON names no Python with onnxruntime, torch and transformers")
      return nil
    }
    self.python = python
    folder = getenv("PARE_BENCH_CACHE").map { String(cString: $0) } ?? workload.path("peers")
    scratch = workload.folder
    mkdir(folder, 0o755)
  }

  /// An ONNX graph, exported on its first use.
  private func graph(_ name: String, _ options: String...) throws -> String {
    try made("\(name).onnx", by: "onnx_export.py", [model], options)
  }

  private func tokens() throws -> String {
    try made("sst2.jsonl", by: "tokenize_sentences.py", [model, "\(task)/dev.tsv"], [])
  }

  private func made(
    _ name: String, by maker: String, _ inputs: [String], _ options: [String]
  ) throws -> String {
    let path = "\(folder)/\(name)"
    if access(path, R_OK) != 0 {
      _ = try capture([python, "-W", "ignore", script(maker)] + inputs + [path] + options)
    }
    return path
  }

  private func script(_ name: String) -> String { "Benchmarks/peers/\(name)" }

  /// The commands that measure ONNX Runtime; each prints what ``Speed`` reads.
  func onnxRuntime(
    _ variant: Variant, batch: Int, repeats: Int = 3, latencies: Int = 0
  ) throws -> [String] {
    let graph =
      switch variant {
      case .plain: try graph("plain", "--no-fusion")
      case .fused: try graph("fused")
      case .tokens: try graph("tokens", "--output", "tokens")
      case .int8: try graph("int8", "--int8")
      }
    return [
      python, "-W", "ignore", script("onnx_run.py"), graph, try tokens(), "--batch", "\(batch)",
      "--threads", "2", "--repeats", "\(repeats)", "--latencies", "\(latencies)",
    ]
  }

  /// How a graph was made of the model.
  enum Variant {
    case plain, fused
    /// Ends with the last hidden state of every token.
    case tokens
    case int8
  }

  /// The tokens of the first sentences that SST-2 has to train on.
  func trainingTokens(_ workload: Workload, sentences: Int) throws -> String {
    let rows = workload.path("training.tsv")
    _ = try run(["sh", "-c", "head -n \(sentences + 1) '\(task)/train.tsv' > '\(rows)'"])
    return try made(
      "training-\(sentences).jsonl", by: "tokenize_sentences.py", [model, rows], ["--repeats", "1"])
  }

  func trainingStep(_ tokens: String) -> [String] {
    [python, "-W", "ignore", script("training_step.py"), model, tokens]
  }

  func coldStart(_ sentence: String) -> [String] {
    [python, "-W", "ignore", script("torch_cold_start.py"), model, sentence]
  }

  /// A copy of the model whose encoder is mostly zeros, in blocks of that many rows.
  func sparse(share: Double, block: Int) throws -> String {
    let out = "\(scratch)/sparse-\(Int(share * 100))-\(block)"
    _ = try run([
      python, script("sparsify.py"), model, out, "--share", "\(share)", "--block", "\(block)",
    ])
    return out
  }

  /// A model and a task in which every token counts.
  func tagger() throws -> (model: String, task: String) {
    let (out, words) = ("\(scratch)/tagger", "\(scratch)/tags")
    _ = try run([python, script("tagger.py"), model, "\(task)/dev.tsv", out, words])
    return (out, words)
  }
}
