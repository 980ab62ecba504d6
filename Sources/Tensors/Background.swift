import Glibc
import Synchronization

/// A value that is made on another thread while this one goes on.
package final class Background<Value: Sendable>: Sendable {
  private let state = Mutex<Result<Value, any Error>?>(nil)
  private let body: @Sendable () throws -> Value
  private let thread = Mutex<pthread_t?>(nil)

  package init(_ body: @escaping @Sendable () throws -> Value) {
    self.body = body
    let started = startThread { [self] in finish() }
    thread.withLock { $0 = started }
  }

  private func finish() {
    let result = Result { try body() }
    state.withLock { $0 = result }
  }

  /// Waits for the value, or makes it here where no thread could be had. To be asked for once.
  package func value() throws -> Value {
    if let thread = thread.withLock({ $0 }) { pthread_join(thread, nil) } else { finish() }
    return try state.withLock { try $0!.get() }
  }
}
