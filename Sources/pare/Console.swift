import Glibc
import Synchronization
import Tensors

/// The terminal: data on standard output, all else on standard error.
enum Console {
  private static let pending = Mutex<[UInt8]>([])

  /// Makes writing to a closed pipe, or past a limit of size, an error of the call instead of the end
  /// of the process.
  static func reportFailedWrites() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Puts data on standard output, gathered into large writes.
  static func write(_ text: String) {
    let isFull = pending.withLock { bytes in
      bytes.append(contentsOf: text.utf8)
      return bytes.count > 1 << 16
    }
    if isFull { flush() }
  }

  static func writeLine(_ text: String) { write(text + "\n") }

  /// A reader that went away is no error; a full disk is.
  static func flush() {
    let bytes = pending.withLock { bytes in
      defer { bytes = [] }
      return bytes
    }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress!, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        if errno == EPIPE { exit(0) }
        note("pare: error: standard output: \(String(cString: strerror(errno)))")
        exit(Outcome.outputNotWritten.rawValue)
      }
      rest = rest.dropFirst(count)
    }
  }

  /// Says something on standard error.
  static func note(_ text: String) {
    let line = [UInt8]((text + "\n").utf8)
    _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress!, $0.count) }
  }

  static func report(_ failure: Failure) {
    if isBrokenPipe(failure) { exit(0) }
    note("pare: error: \(failure)")
    if let hint = failure.reason.hint { note("hint: \(hint)") }
  }

  private static func isBrokenPipe(_ failure: Failure) -> Bool {
    (failure.cause as? SystemError)?.code == EPIPE
  }

  /// Ends at once, without libraries' handlers, which have nothing left to do here.
  static func exit(_ code: Int32) -> Never { _exit(code) }

  static var errorIsTerminal: Bool { isatty(STDERR_FILENO) != 0 }
}
