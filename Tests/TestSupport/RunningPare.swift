import Foundation

/// What a run of the program left behind.
public struct RunResult: Sendable {
  public var status: Int32
  public var output: String
  public var errors: String
}

/// Runs the built `pare` with arguments, and waits for it.
public func pare(
  _ arguments: String..., folder: String = Places.root, environment: [String: String] = [:]
) throws -> RunResult {
  try runPare(arguments, folder: folder, environment: environment)
}

public func runPare(
  _ arguments: [String], folder: String = Places.root, environment: [String: String] = [:]
) throws -> RunResult {
  try run("\(Places.products)/pare", arguments, folder: folder, environment: environment)
}

/// Runs a shell command line in which `pare` is the built program.
public func shell(_ line: String, folder: String = Places.root) throws -> RunResult {
  let path = "\(Places.products):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
  return try run(
    "/bin/bash", ["-c", "set -o pipefail; " + line], folder: folder, environment: ["PATH": path])
}

public func run(
  _ program: String, _ arguments: [String], folder: String, environment: [String: String] = [:]
) throws -> RunResult {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: program)
  process.arguments = arguments
  process.currentDirectoryURL = URL(fileURLWithPath: folder)
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  // Files rather than pipes: nobody has to read both at once.
  let folder = try TemporaryFolder()
  let (output, errors) = (try folder.file("output", []), try folder.file("errors", []))
  process.standardOutput = FileHandle(forWritingAtPath: output)
  process.standardError = FileHandle(forWritingAtPath: errors)
  process.standardInput = FileHandle.nullDevice
  try process.run()
  process.waitUntilExit()
  let status =
    process.terminationReason == .uncaughtSignal
    ? 128 + process.terminationStatus : process.terminationStatus
  return RunResult(
    status: status, output: String(decoding: try bytes(of: output), as: UTF8.self),
    errors: String(decoding: try bytes(of: errors), as: UTF8.self))
}
