import Glibc

/// What one run of a command took.
struct Run {
  var seconds: Double
  /// The peak of the process or of its largest child, in bytes.
  var peakMemory: Int
}

/// Measurements of a command: the median of several runs, after one that warms the caches.
struct Measurement {
  var seconds: Double
  var peakMemory: Int

  init(_ runs: [Run]) {
    seconds = runs.map(\.seconds).sorted()[runs.count / 2]
    peakMemory = runs.map(\.peakMemory).max() ?? 0
  }
}

/// Why a benchmark stops.
struct BenchmarkFailure: Error, CustomStringConvertible {
  let description: String
}

/// Runs a command, its output thrown away.
func run(_ command: [String]) throws -> Run {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
  var arguments = command.map { strdup($0) } + [nil]
  defer { for argument in arguments { free(argument) } }
  var process = pid_t()
  let start = now()
  guard posix_spawnp(&process, command[0], &actions, nil, &arguments, environ) == 0 else {
    throw BenchmarkFailure(description: "cannot run \(command[0])")
  }
  var status: Int32 = 0
  var usage = rusage()
  while wait4(process, &status, 0, &usage) == -1 {}
  let seconds = now() - start
  guard status == 0 else {
    throw BenchmarkFailure(description: "failed: \(command.joined(separator: " "))")
  }
  return Run(seconds: seconds, peakMemory: usage.ru_maxrss * 1024)
}

/// Measures several commands in turn, so that a machine that drifts slows all of them alike.
func measure(_ commands: [[String]], runs: Int = 9) throws -> [Measurement] {
  for command in commands { _ = try run(command) }
  var results = [[Run]](repeating: [], count: commands.count)
  for _ in 0..<runs {
    for (index, command) in commands.enumerated() { results[index].append(try run(command)) }
  }
  return results.map { Measurement($0) }
}

func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// A number with one or two decimals, without Foundation.
func decimal(_ value: Double, _ places: Int = 2) -> String {
  let scale = places == 1 ? 10.0 : 100.0
  let scaled = Int((value * scale).rounded())
  let fraction = String(scaled % Int(scale))
  let zeros = String(repeating: "0", count: places - fraction.count)
  return "\(scaled / Int(scale)).\(zeros)\(fraction)"
}

func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

func milliseconds(_ seconds: Double) -> String { decimal(seconds * 1000, 1) + " ms" }
func mebibytes(_ bytes: Int) -> String { decimal(Double(bytes) / 1_048_576, 1) + " MiB" }
