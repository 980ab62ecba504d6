/// The items of the greatest scores among those that are offered, the best first; of equal scores the one that was offered first.
struct BestScores {
  private(set) var items: [Int32] = []
  private var scores: [Float] = []
  private let limit: Int
  /// A score that is not above this does not count; NaN never does.
  private(set) var threshold = -Float.infinity

  init(limit: Int) {
    self.limit = limit
    items.reserveCapacity(limit + 1)
    scores.reserveCapacity(limit + 1)
  }

  @inline(__always) mutating func offer(_ item: Int32, _ score: Float) {
    if score > threshold { insert(item, score) }
  }

  private mutating func insert(_ item: Int32, _ score: Float) {
    let place = scores.lastIndex { $0 >= score }.map { $0 + 1 } ?? 0
    scores.insert(score, at: place)
    items.insert(item, at: place)
    guard items.count >= limit else { return }
    items.removeLast(items.count - limit)
    scores.removeLast(scores.count - limit)
    threshold = scores.last ?? .infinity
  }
}
