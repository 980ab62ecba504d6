import Glibc
import Reports
import Synchronization
import Tensors

/// A line on a terminal that shows how far a long piece of work has got; it appears after a second.
final class ProgressBar: Sendable {
  let progress = Progress()
  private let isDone = Atomic<Bool>(false)

  /// Runs a piece of work with a bar, if standard error is a terminal and the user wants to hear.
  ///
  /// - Parameter unit: what is counted; bytes where it is nil.
  static func during<Result>(
    _ label: String, quiet: Bool, unit: String? = nil, _ body: (Progress?) throws -> Result
  ) throws -> Result {
    guard !quiet, Console.errorIsTerminal else { return try body(nil) }
    let bar = ProgressBar()
    let thread = startThread { bar.draw(label, unit) }
    defer {
      bar.isDone.store(true, ordering: .relaxed)
      if let thread { pthread_join(thread, nil) }
    }
    return try body(bar.progress)
  }

  private func draw(_ label: String, _ unit: String?) {
    var ticks = 0
    var isShown = false
    while !isDone.load(ordering: .relaxed) {
      usleep(50_000)
      ticks += 1
      guard ticks >= 20, ticks % 2 == 0, progress.total > 0 else { continue }
      isShown = true
      let share = Double(progress.done) / Double(progress.total)
      let filled = min(30, Int(share * 30))
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
      let amount =
        unit.map { "\(grouped(progress.done)) of \(grouped(progress.total)) \($0)" }
        ?? "\(byteText(progress.done)) of \(byteText(progress.total))"
      put("\r\u{1B}[K\(label) \(bar) \(fixed(100 * share, 0)) %  \(amount)")
    }
    if isShown { put("\r\u{1B}[K") }
  }

  private func put(_ text: String) {
    let bytes = [UInt8](text.utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress!, $0.count) }
  }
}
