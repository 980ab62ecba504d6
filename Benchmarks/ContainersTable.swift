import Documents
import Glibc

/// The containers beside safetensors and HDF5: read into safetensors as multiples of `cp` of their data, inspected, and
/// GGUF's rounding against gguf-py's.
func containersTable(_ workload: Workload) throws {
  let inputs = try containers(workload)
  print("\ncontainers → safetensors: wall time as a multiple of cp, and peak memory")
  for input in inputs {
    let results = try measure([
      ["cp", input.data, workload.path("copy")],
      [workload.pare, "convert", "--quiet", "--force", input.path]
        + ["-o", workload.path("from.safetensors")],
    ])
    print(line(input.path, results[1], against: results[0]))
  }
  print("\ncontainers: inspect, wall time and peak memory")
  let results = try measure(inputs.map { [workload.pare, "inspect", $0.path] })
  for (input, result) in zip(inputs, results) { print(line(input.path, result)) }
  try roundingTable(workload)
}

/// What is named to `pare`, and the file that holds its data.
private func containers(_ workload: Workload) throws -> [(path: String, data: String)] {
  var inputs: [(path: String, data: String)] = []
  for name in ["weights.pt", "weights.npz", "weights.gguf"] {
    let path = workload.path(name)
    _ = try run([workload.pare, "convert", "--quiet", workload.miniLM, "-o", path])
    inputs.append((path, path))
  }
  if let checkpoint = getenv("PARE_CHECKPOINT").map({ String(cString: $0) }) {
    inputs.append((checkpoint, "\(checkpoint).data-00000-of-00001"))
  }
  return inputs
}

private func roundingTable(_ workload: Workload) throws {
  print("\ncontainers: rounding 90.9 MB to GGUF's blocks, gguf-py against pare")
  guard let python = workload.python, (try? run([python, "-c", "import gguf"])) != nil else {
    return print("  no Python with gguf")
  }
  for type in ["Q8_0", "Q4_0"] {
    let peer =
      [python, "Benchmarks/peers/gguf_write.py", workload.miniLM]
      + [workload.path("peer.gguf"), type]
    let own =
      [workload.pare, "convert", "--quiet", "--force", workload.miniLM]
      + ["-o", workload.path("own.gguf"), "--quantization", type]
    let results = try measure([own, peer], runs: 5)
    let loop = try capture(peer).json()["seconds"]?.number ?? 0
    let ratios = [results[1].seconds, loop].map { decimal($0 / results[0].seconds) }
    print(
      "  \(type)   pare \(milliseconds(results[0].seconds))   gguf-py \(milliseconds(results[1].seconds))"
        + "   \(ratios[0]) ×, without its imports \(ratios[1]) ×")
  }
}

private func line(
  _ path: String, _ result: Measurement, against copy: Measurement? = nil
) -> String {
  let name = path.split(separator: "/").last.map(String.init) ?? path
  let ratio = copy.map { "   " + decimal(result.seconds / $0.seconds) + " ×" } ?? ""
  return "  " + name + String(repeating: " ", count: max(1, 24 - name.count))
    + "\(milliseconds(result.seconds))\(ratio)   \(mebibytes(result.peakMemory))"
}
