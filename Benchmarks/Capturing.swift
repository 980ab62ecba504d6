import Documents
import Glibc

/// What a command wrote to standard output, and what its run took.
struct Captured {
  var run: Run
  var output: [UInt8]

  /// The output as one JSON object; other lines, such as a library's greeting, may stand before it.
  func json() throws -> JSON {
    let line = output.split(separator: UInt8(ascii: "\n")).last ?? []
    return try JSON.parse(Array(line), file: "standard output")
  }
}

/// Runs a command and keeps its standard output; standard error goes where ours does.
func capture(_ command: [String]) throws -> Captured {
  var ends: [Int32] = [0, 0]
  guard pipe(&ends) == 0 else { throw BenchmarkFailure(description: "no pipe") }
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
  posix_spawn_file_actions_addclose(&actions, ends[0])
  var arguments = command.map { strdup($0) } + [nil]
  defer { for argument in arguments { free(argument) } }
  var process = pid_t()
  let start = now()
  let spawned = posix_spawnp(&process, command[0], &actions, nil, &arguments, environ)
  close(ends[1])
  defer { close(ends[0]) }
  guard spawned == 0 else { throw BenchmarkFailure(description: "cannot run \(command[0])") }
  var output: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = read(ends[0], &buffer, buffer.count)
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { break }
    output += buffer[..<count]
  }
  var status: Int32 = 0
  var usage = rusage()
  while wait4(process, &status, 0, &usage) == -1 {}
  let seconds = now() - start
  guard status == 0 else {
    throw BenchmarkFailure(description: "failed: \(command.joined(separator: " "))")
  }
  return Captured(
    run: Run(seconds: seconds, peakMemory: usage.ru_maxrss * 1024), output: output)
}
