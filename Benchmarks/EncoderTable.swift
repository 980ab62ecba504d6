import Documents
import Glibc

/// The forward pass on SST-2's 872 sentences, without tokenization, as ratios to ONNX Runtime in F32
/// on two threads in the same run.
func encoderTable(_ workload: Workload) throws {
  print("\nencoder: MiniLM on SST-2 dev, seconds as a share of ONNX Runtime's in F32, 2 threads")
  guard let peers = try EncoderPeers(workload) else { return }
  let table = EncoderTable(peers: peers, pare: workload.pare)
  try table.batches()
  try table.singles()
  try table.coldStart(workload)
  try table.memory(workload)
}

/// Rounds of runs in turn, so that a machine that drifts slows all of them alike; of each the fastest.
private struct EncoderTable {
  let peers: EncoderPeers
  let pare: String
  let rounds = getenv("PARE_BENCH_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 3

  /// The command that is measured.
  private func evaluate(
    _ model: String, task: String? = nil, batch: Int, compute: String = "exact", latencies: Int = 0
  ) -> [String] {
    [
      pare, "evaluate", model, "--task", task ?? peers.task, "--batch-size", "\(batch)",
      "--threads", "2", "--compute", compute, "--latency-sentences", "\(latencies)", "--json",
      "--quiet",
    ]
  }

  func batches() throws {
    let tagger = try peers.tagger()
    let plain = try peers.onnxRuntime(.plain, batch: 32)
    let fused = try peers.onnxRuntime(.fused, batch: 32)
    let rows = [
      Row("ONNX Runtime, as exported", plain),
      Row("ONNX Runtime, fused", fused),
      Row("ONNX Runtime, every token", try peers.onnxRuntime(.tokens, batch: 32)),
      Row("ONNX Runtime, int8", try peers.onnxRuntime(.int8, batch: 32)),
      Row("pare", evaluate(peers.model, batch: 32), target: 0.82),
      Row(
        "pare, every token", evaluate(tagger.model, task: tagger.task, batch: 32), target: 0.95,
        trained: false),
      Row("pare --compute int8", evaluate(peers.model, batch: 32, compute: "int8"), target: 0.55),
      Row(
        "pare, 80 % zeros in 4×1 blocks",
        evaluate(try peers.sparse(share: 0.8, block: 4), batch: 32), target: 0.45, trained: false),
      Row(
        "pare, 90 % zeros in 4×1 blocks",
        evaluate(try peers.sparse(share: 0.9, block: 4), batch: 32), target: 0.3, trained: false),
      Row(
        "pare, 90 % zeros",
        evaluate(try peers.sparse(share: 0.9, block: 1), batch: 32), target: 0.45, trained: false),
    ]
    let speeds = try measured(rows)
    show(
      "batch 32, sorted by length", rows, speeds, peer: min(speeds[0].seconds, speeds[1].seconds)
    ) {
      $0.seconds
    }
  }

  func singles() throws {
    let rows = [
      Row(
        "ONNX Runtime, as exported",
        try peers.onnxRuntime(.plain, batch: 1, repeats: 1, latencies: 2)),
      Row(
        "ONNX Runtime, fused", try peers.onnxRuntime(.fused, batch: 1, repeats: 1, latencies: 2)),
      Row("pare", evaluate(peers.model, batch: 1, latencies: 872), target: 1),
      Row(
        "pare --compute int8", evaluate(peers.model, batch: 1, compute: "int8", latencies: 872)),
    ]
    let speeds = try measured(rows)
    show(
      "one by one, the median sentence", rows, speeds, peer: min(speeds[0].median, speeds[1].median)
    ) {
      $0.median
    }
  }

  /// Whole processes, from start to the end of one sentence.
  func coldStart(_ workload: Workload) throws {
    let sentence = "a gripping film, told without a wasted word ."
    let task = workload.path("one.tsv")
    save("sentence\tlabel\n\(sentence)\t1\n", to: task)
    let results = try measure(
      [evaluate(peers.model, task: task, batch: 1), peers.coldStart(sentence)], runs: 5)
    print("  one sentence, whole process")
    print("    pare       \(milliseconds(results[0].seconds))   at most 80.0 ms")
    print("    PyTorch    \(milliseconds(results[1].seconds))")
  }

  /// The peak beyond the size of a file in F32.
  func memory(_ workload: Workload) throws {
    let wide = workload.path("wide/")
    _ = try run([pare, "convert", "--quiet", peers.model, "-o", wide, "--dtype", "F32"])
    var status = stat()
    guard stat("\(wide)model.safetensors", &status) == 0 else {
      throw BenchmarkFailure(description: "no model in \(wide)")
    }
    let peak = try run(evaluate(wide, batch: 32)).peakMemory
    print("  peak memory at batch 32 in F32")
    print(
      "    pare       \(mebibytes(peak)), \(mebibytes(max(0, peak - Int(status.st_size)))) beyond the file   at most 64.0 MiB"
    )
  }

  /// One command and what it is held to.
  private struct Row {
    var name: String
    var command: [String]
    /// The share of the peer's time that the row may take.
    var target: Double?
    /// Whether the model is one that was trained, so that its accuracy says something.
    var trained: Bool

    init(_ name: String, _ command: [String], target: Double? = nil, trained: Bool = true) {
      self.name = name
      self.command = command
      self.target = target
      self.trained = trained
    }
  }

  private func measured(_ rows: [Row]) throws -> [Speed] {
    var best = [Speed?](repeating: nil, count: rows.count)
    for _ in 0..<rounds {
      for (index, row) in rows.enumerated() {
        let speed = try Speed(capture(row.command).json())
        best[index] = best[index].map { $0.fastest(with: speed) } ?? speed
      }
    }
    return best.map { $0! }
  }

  private func show(
    _ title: String, _ rows: [Row], _ speeds: [Speed], peer: Double, of time: (Speed) -> Double
  ) {
    defer { fflush(nil) }
    print("  \(title)")
    for (row, speed) in zip(rows, speeds) {
      let target = row.target.map { "at most \(decimal($0)) ×" } ?? ""
      let value = row.trained ? speed.value.map { "\(decimal($0 * 100)) %" } ?? "" : ""
      print(
        "    \(padded(row.name, 32)) \(padded(milliseconds(time(speed)), 12)) \(padded(decimal(time(speed) / peer) + " ×", 9)) \(padded(target, 16)) \(value)"
      )
    }
  }
}

/// What one run says of its speed: `pare evaluate --json`, or a peer's script.
private struct Speed {
  /// For all sentences.
  var seconds: Double
  /// For the median sentence, alone in its batch.
  var median: Double
  /// The metric on the task.
  var value: Double?

  init(_ report: JSON) throws {
    guard let throughput = report["throughput"]?.number, throughput > 0,
      let sentences = report["sentences"]?.number ?? report["examples"]?.number
    else { throw BenchmarkFailure(description: "a report without throughput and examples") }
    seconds = sentences / throughput
    median = (report["latency"]?["p50Milliseconds"]?.number ?? .infinity) / 1000
    value = report["value"]?.number
  }

  func fastest(with other: Speed) -> Speed {
    var result = self
    result.seconds = min(seconds, other.seconds)
    result.median = min(median, other.median)
    return result
  }
}

private func save(_ text: String, to path: String) {
  let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
  _ = Array(text.utf8).withUnsafeBytes { write(file, $0.baseAddress!, $0.count) }
  close(file)
}
