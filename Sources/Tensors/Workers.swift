import CSystem
import Glibc
import Synchronization

/// Threads that share a list of work.
package enum Workers {
  /// The number of processors that this process may use.
  package static var processors: Int { max(1, Int(pare_processors())) }

  /// Calls a closure once for every item, on at most as many threads at a time.
  ///
  /// Items are taken in order. After a failure no further item is begun, and the failure of the
  /// earliest item is thrown.
  package static func forEach<Item: Sendable>(
    _ items: [Item], threads: Int, _ body: @Sendable (Item) throws -> Void
  ) throws {
    let extra = min(threads, items.count) - 1
    guard extra > 0 else { return try items.forEach(body) }
    try withoutActuallyEscaping(body) { body in
      let queue = WorkQueue(items, body)
      let threads = (0..<extra).compactMap { _ in startThread { queue.drain() } }
      queue.drain()
      for thread in threads { pthread_join(thread, nil) }
      if let failure = queue.failure { throw failure }
    }
  }
}

/// A list of work and how far it has got.
private final class WorkQueue<Item: Sendable>: Sendable {
  private let items: [Item]
  private let body: @Sendable (Item) throws -> Void
  private let next = Atomic<Int>(0)
  private let earliest = Mutex<(index: Int, error: any Error)?>(nil)

  init(_ items: [Item], _ body: @escaping @Sendable (Item) throws -> Void) {
    self.items = items
    self.body = body
  }

  var failure: (any Error)? { earliest.withLock { $0?.error } }

  func drain() {
    while failure == nil {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < items.count else { return }
      do {
        try body(items[index])
      } catch {
        earliest.withLock { if index < $0?.index ?? .max { $0 = (index, error) } }
      }
    }
  }
}

/// Starts a thread, or returns nil where the system has none left.
package func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
  let start = Unmanaged.passRetained(ThreadStart(body))
  var thread = pthread_t()
  let status = pthread_create(
    &thread, nil,
    {
      Unmanaged<ThreadStart>.fromOpaque($0!).takeRetainedValue().body()
      return nil
    }, start.toOpaque())
  guard status == 0 else {
    start.release()
    return nil
  }
  return thread
}

private final class ThreadStart: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
