import Glibc

/// Runs every table of the benchmarks, or those whose names are given, and prints ratios to a peer
/// that is measured in the same run.
///
/// `PARE` names the binary to measure (default: .build/release/pare), `PARE_PYTHON` a Python with
/// numpy, safetensors and h5py for the peers that need one, and for the encoder's peers onnx, onnxruntime,
/// torch, transformers and tokenizers, for GGUF's gguf; without it those rows have no peer. `PARE_CHECKPOINT` is the prefix of a
/// checkpoint of TensorFlow in one data file. `PARE_SHARED` is the folder of the
/// model and the data of the encoder's table (default: ../shared), `PARE_BENCH_CACHE` one that keeps
/// exported models from run to run, `PARE_BENCH_ROUNDS` how often its rows are run in turn (default: 3).
func runTables(_ wanted: Set<String>) throws {
  // Local, so that its folder goes when the tables are done.
  let workload = try Workload()
  for (name, table) in [
    ("start", inspectTable), ("convert", convertTable), ("memory", memoryTable),
    ("kernels", kernelTable), ("products", productTable), ("encoder", encoderTable),
    ("tokenization", tokenizationTable), ("coding", codingTable), ("passes", passesTable),
    ("calibrated", calibratedTable), ("training", trainingTable), ("containers", containersTable),
  ] where wanted.isEmpty || wanted.contains(name) {
    try table(workload)
  }
}

if CommandLine.arguments.dropFirst().first == "training-step", CommandLine.arguments.count == 4 {
  let (model, tokens) = (CommandLine.arguments[2], CommandLine.arguments[3])
  try TrainingStep(model: model, tokens: tokens, batch: 32, threads: 2).run(repeats: 3)
  exit(0)
}

try runTables(Set(CommandLine.arguments.dropFirst()))
