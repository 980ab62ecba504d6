import Documents
import Glibc

/// Steps of training MiniLM on the first sentences of SST-2 in batches of 32, dropout 0.1 and AdamW, as a ratio to PyTorch on two
/// threads in the same run.
func trainingTable(_ workload: Workload) throws {
  print("\ntraining: MiniLM on SST-2, examples a second as a multiple of PyTorch's, 2 threads")
  guard let peers = try EncoderPeers(workload) else { return }
  let tokens = try peers.trainingTokens(workload, sentences: 1024)
  let own = [CommandLine.arguments[0], "training-step", peers.model, tokens]
  let commands = [("PyTorch", peers.trainingStep(tokens)), ("pare", own)]
  let rounds = getenv("PARE_BENCH_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 3
  var best = [Double](repeating: 0, count: commands.count)
  var peaks = [Int](repeating: 0, count: commands.count)
  for _ in 0..<rounds {
    for (index, (_, command)) in commands.enumerated() {
      let captured = try capture(command)
      best[index] = max(best[index], try captured.json()["throughput"]?.number ?? 0)
      peaks[index] = max(peaks[index], captured.run.peakMemory)
    }
  }
  for (index, (name, _)) in commands.enumerated() {
    let target = index == 1 ? "   at least 1.20 ×, memory at most PyTorch's" : ""
    print(
      "  \(name)   \(decimal(best[index], 1)) examples/s   \(decimal(best[index] / best[0])) ×   \(mebibytes(peaks[index]))\(target)"
    )
  }
}
