import Glibc

/// Calibrated passes over the encoder of the shared model, as whole commands, against PyTorch's loops of the same methods on the same second moments:
/// as whole programs too, and without PyTorch's start, reading and writing; 2 threads each, best of 3. Errors are those of what the linears give.
///
/// `PARE_SHARED` names the folder with models/minilm-sst2 and data/sst2 (default: ../shared).
func calibratedTable(_ workload: Workload) throws {
  let shared = getenv("PARE_SHARED").map { String(cString: $0) } ?? "../shared"
  let model = "\(shared)/models/minilm-sst2"
  print("\ncalibrated: 36 linears of MiniLM, 2 threads, best of 3")
  guard access(model, R_OK) == 0 else {
    return print("  skipped: \(model) is not there")
  }
  let statistics = workload.path("model.statistics.safetensors")
  _ = try run([
    workload.pare, "calibrate", model, "--calibration", "\(shared)/data/sst2/transfer.txt", "-o",
    statistics, "--quiet", "--examples", "512",
  ])
  for method in CalibratedMethod.all {
    try method.measure(model, statistics, workload)
  }
}

/// One method: a command of ours, and a loop of the peer's.
private struct CalibratedMethod {
  let name: String
  let command: [String]

  static let all = [
    CalibratedMethod(
      name: "sparsegpt-50", command: ["prune", "--method", "sparsegpt", "--sparsity", "0.5"]),
    CalibratedMethod(
      name: "sparsegpt-2:4", command: ["prune", "--method", "sparsegpt", "--pattern", "2:4"]),
    CalibratedMethod(name: "gptq-4", command: ["quantize", "--method", "gptq", "--bits", "4"]),
    CalibratedMethod(name: "gptq-3", command: ["quantize", "--method", "gptq", "--bits", "3"]),
    CalibratedMethod(name: "svd-half", command: ["factorize", "--ratio", "0.5"]),
  ]

  func measure(_ model: String, _ statistics: String, _ workload: Workload) throws {
    let output = workload.path("\(name).safetensors")
    let words = [workload.pare, command[0], model, "-o", output, "--statistics", statistics]
    let rest = ["--only", "encoder", "--threads", "2", "--force", "--quiet"]
    let runs = try (0..<3).map { _ in try run(words + command.dropFirst() + rest) }
    let seconds = runs.map(\.seconds).min()!
    var line = "  \(padded(name, 12))   \(milliseconds(seconds))"
    if let python = workload.python {
      let loops = [
        python, "-W", "ignore", "Benchmarks/peers/calibrated.py", name,
        "\(model)/model.safetensors", statistics,
      ]
      let peer = try capture(loops + [output]).json()
      let written = workload.path("\(name).peer.safetensors")
      let wholes = try (0..<3).map { _ in try run(loops + [written, "--write"]).seconds }
      if let alone = peer["seconds"]?.number, let error = peer["error"]?.number,
        let ours = peer["ours"]?.number
      {
        line +=
          "   PyTorch \(milliseconds(wholes.min()!)), ours \(decimal(wholes.min()! / seconds)) ×"
        line += "   its loops alone \(milliseconds(alone)), \(decimal(alone / seconds)) ×"
        line += "   error \(decimal(ours / error)) of PyTorch's"
      }
    }
    print(line)
  }
}
