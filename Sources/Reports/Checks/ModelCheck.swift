import Checkpoints
import Documents
import Kernels
import Synchronization
import Tensors

/// All that is wrong with a model, or looks wrong, as far as it can be told without running it.
public struct ModelCheck: Sendable {
  public let path: String
  public let checkpoint: Checkpoint
  /// What was read to the last byte.
  public let values: Int
  /// Errors first, then warnings, then notes; each in the order of the file.
  public let findings: [Diagnostic]

  /// Reads all data, on several threads.
  ///
  /// - Parameters:
  ///   - others: what was found beside the tensors: in the container, in the files of the folder.
  ///   - progress: told of bytes.
  public init(
    of checkpoint: Checkpoint, path: String, besides others: [Diagnostic] = [], threads: Int = 1,
    progress: Progress? = nil
  ) throws {
    self.path = path
    self.checkpoint = checkpoint
    let roles = Dictionary(checkpoint.parameters.map { ($0.name, $0.role) }) { first, _ in first }
    let checks = checkpoint.container.tensors.map {
      ValueCheck(role: roles[$0.name], name: $0.name, tensor: $0.tensor)
    }
    values = checks.reduce(0) { $0 + $1.tensor.elementCount }
    progress?.expect(checks.reduce(0) { $0 + $1.tensor.byteCount })
    let found = Mutex([Int: [Diagnostic]]())
    try Workers.forEach(Array(checks.enumerated()), threads: threads) { index, check in
      let findings = check.findings()
      if !findings.isEmpty { found.withLock { $0[index] = findings } }
      progress?.advance(check.tensor.byteCount)
    }
    let inOrder = found.withLock { $0.sorted { $0.key < $1.key }.flatMap(\.value) }
    let all = checkpoint.diagnostics + others + inOrder
    findings = [.error, .warning, .note].flatMap { severity in
      all.filter { $0.severity == severity }
    }
  }

  public func count(_ severity: Diagnostic.Severity) -> Int {
    findings.count { $0.severity == severity }
  }

  /// Whether nothing speaks against the model: no errors, or, if strict, no warnings either.
  public func passes(strict: Bool) -> Bool {
    count(.error) == 0 && (!strict || count(.warning) == 0)
  }
}

extension ModelCheck {
  /// The report as a person likes to read it.
  ///
  /// - Parameter notes: lists notes too.
  public func text(notes: Bool) -> String {
    let container = checkpoint.container
    let dialect = checkpoint.dialect.map { "dialect \($0)" } ?? "unknown dialect"
    var lines = [
      printable(path), "  " + checkpoint.architecture.headline,
      "  \(container.format) · \(dialect) · \(byteText(container.byteCount))", "",
    ]
    let shown = findings.filter { notes || $0.severity != .note }
    if !shown.isEmpty { lines += shown.map { "  " + $0.line } + [""] }
    func count(_ severity: Diagnostic.Severity, _ noun: String) -> String {
      let number = self.count(severity)
      return "\(number == 0 ? "no" : grouped(number)) \(noun)\(number == 1 ? "" : "s")"
    }
    let tensors = container.tensors.count
    lines.append(
      "  \(count(.error, "error")), \(count(.warning, "warning")), \(count(.note, "note")) in "
        + "\(grouped(tensors)) tensor\(tensors == 1 ? "" : "s"), \(grouped(values)) values")
    return lines.joined(separator: "\n")
  }

  /// The report as `pare.check/1`; keys are only ever added.
  public func json(strict: Bool) -> JSON {
    [
      "schema": "pare.check/1",
      "path": .string(path),
      "format": .string(checkpoint.container.format),
      "dialect": JSON(checkpoint.dialect),
      "passed": .bool(passes(strict: strict)),
      "errors": .integer(count(.error)),
      "warnings": .integer(count(.warning)),
      "tensors": .integer(checkpoint.container.tensors.count),
      "values": .integer(values),
      "findings": .array(findings.map(\.json)),
    ]
  }
}
