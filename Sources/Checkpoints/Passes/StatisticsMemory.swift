import Synchronization

/// What was worked out of statistics, kept for whoever asks for the same again, as far as there is room.
final class StatisticsMemory: Sendable {
  private let limit: Int
  private let entries = Mutex<[(key: String, value: any Sendable, byteCount: Int)]>([])

  /// - Parameter limit: in bytes.
  init(limit: Int) { self.limit = limit }

  /// - Parameter make: may be called by several threads at once for the same key; one of the results is kept.
  func value<Value: Sendable>(
    _ key: String, byteCount: Int, _ make: () throws -> Value
  ) throws -> Value {
    let known = entries.withLock { entries -> Value? in
      guard let index = entries.firstIndex(where: { $0.key == key }) else { return nil }
      let entry = entries.remove(at: index)
      entries.append(entry)
      return entry.value as? Value
    }
    if let known { return known }
    let value = try make()
    guard byteCount <= limit else { return value }
    entries.withLock { entries in
      guard !entries.contains(where: { $0.key == key }) else { return }
      entries.append((key, value, byteCount))
      var total = entries.reduce(0) { $0 + $1.byteCount }
      while total > limit { total -= entries.removeFirst().byteCount }
    }
    return value
  }
}
