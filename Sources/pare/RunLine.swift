import Glibc
import Synchronization
import Training

/// The line of a terminal that shows how far a run of training has got, and what is said above it.
///
/// Where standard error is no terminal, only what is said appears.
final class RunLine: Sendable {
  private let isQuiet: Bool
  private let latest = Mutex<(text: String, time: Double)>(("", 0))

  init(quiet: Bool) { isQuiet = quiet }

  /// Draws the line anew, four times a second at most.
  func show(_ progress: RunProgress) {
    let time = now()
    latest.withLock { latest in
      latest.text = progress.line(now: time)
      guard !isQuiet, Console.errorIsTerminal, time - latest.time > 0.25 else { return }
      latest.time = time
      put("\r\u{1B}[K\(latest.text)")
    }
  }

  /// Says something, with where the run stands.
  func note(_ text: String) {
    guard !isQuiet else { return }
    clear()
    let place = latest.withLock { $0.text }
    Console.note(place.isEmpty ? text : "\(place)  \(text)")
  }

  /// Says what begins now.
  func announce(_ text: String) {
    latest.withLock { $0 = ("", 0) }
    note(text)
  }

  func clear() {
    if !isQuiet, Console.errorIsTerminal { put("\r\u{1B}[K") }
  }

  private func put(_ text: String) {
    let bytes = [UInt8](text.utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress!, $0.count) }
  }
}
