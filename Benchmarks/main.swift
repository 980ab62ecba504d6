import Glibc

/// Runs every table of the benchmarks, or those whose names are given, and prints ratios to a peer
/// that is measured in the same run.
///
/// `PARE` names the binary to measure (default: .build/release/pare), `PARE_PYTHON` a Python with
/// numpy, safetensors and h5py for the peers that need one; without it those rows have no peer.
let workload = try Workload()
let wanted = Set(CommandLine.arguments.dropFirst())
for (name, table) in [
  ("start", inspectTable), ("convert", convertTable), ("memory", memoryTable),
] where wanted.isEmpty || wanted.contains(name) {
  try table(workload)
}
