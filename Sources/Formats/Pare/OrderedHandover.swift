import Glibc
import Tensors

/// Takes what several threads make in the order of the work, whatever the order in which it is done.
///
/// A thread whose turn has not come leaves its result and goes on, until so much is left lying that it waits.
final class OrderedHandover<Value: Sendable>: @unchecked Sendable {
  private var mutex = pthread_mutex_t()
  private var condition = pthread_cond_t()
  private var next = 0
  private var waiting: [Int: (value: Value, byteCount: Int)] = [:]
  private var byteCount = 0
  private var isAbandoned = false
  private let limit: Int
  private let take: (Int, Value) throws -> Void

  /// What may lie about, in bytes.
  static var usualLimit: Int { 32 << 20 }

  /// - Parameters:
  ///   - limit: of what is left lying, in bytes.
  ///   - take: called for one result at a time, in their order.
  init(limit: Int = usualLimit, _ take: @escaping (Int, Value) throws -> Void) {
    self.limit = limit
    self.take = take
    pthread_mutex_init(&mutex, nil)
    pthread_cond_init(&condition, nil)
  }

  deinit {
    pthread_cond_destroy(&condition)
    pthread_mutex_destroy(&mutex)
  }

  /// Makes and takes as many values on several threads.
  func run(_ count: Int, threads: Int, _ make: @Sendable (Int) throws -> (Value, Int)) throws {
    try Workers.forEach(Array(0..<count), threads: threads) { index in
      do {
        let (value, byteCount) = try make(index)
        try hand(over: value, byteCount, at: index)
      } catch {
        abandon()
        throw error
      }
    }
  }

  private func hand(over value: Value, _ size: Int, at index: Int) throws {
    pthread_mutex_lock(&mutex)
    defer { pthread_mutex_unlock(&mutex) }
    while index != next, byteCount > 0, byteCount + size > limit, !isAbandoned {
      pthread_cond_wait(&condition, &mutex)
    }
    guard !isAbandoned else { return }
    waiting[index] = (value, size)
    byteCount += size
    while let (value, size) = waiting.removeValue(forKey: next) {
      try take(next, value)
      byteCount -= size
      next += 1
    }
    pthread_cond_broadcast(&condition)
  }

  private func abandon() {
    pthread_mutex_lock(&mutex)
    isAbandoned = true
    pthread_cond_broadcast(&condition)
    pthread_mutex_unlock(&mutex)
  }
}
