import Synchronization

/// Results that several threads put in their places.
final class ResultShelf<Result: Sendable>: Sendable {
  private let results: Mutex<[Result?]>

  init(count: Int) { results = Mutex([Result?](repeating: nil, count: count)) }

  func put(_ result: Result, at index: Int) { results.withLock { $0[index] = result } }

  /// Those that are there, in the order of their places.
  var all: [Result] { results.withLock { $0.compactMap { $0 } } }
}
