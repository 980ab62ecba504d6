/// The partition of numbers in ascending order into runs with the least squared distances from the runs' means, found by dynamic programming
/// (Wang and Song, "Ckmeans.1d.dp", 2011), in time proportional to runs · numbers · log numbers.
struct LeastErrorPartition {
  /// Of the numbers before each and of all: weights, weighted sums, weighted sums of squares.
  private let weights: [Double]
  private let sums: [Double]
  private let squares: [Double]

  init(weights: [Double], sums: [Double], squares: [Double]) {
    self.weights = weights
    self.sums = sums
    self.squares = squares
  }

  private var count: Int { weights.count - 1 }

  /// The runs, as ranges of numbers; none is empty.
  ///
  /// - Precondition: there are at least as many numbers.
  func parts(_ size: Int) -> [Range<Int>] {
    precondition(size <= count)
    guard size > 0 else { return [] }
    var least = (0...count).map { error(0, $0) }
    var starts: [[Int32]] = []
    for run in 1..<max(1, size) {
      var next = [Double](repeating: .infinity, count: count + 1)
      var start = [Int32](repeating: 0, count: count + 1)
      solve((run + 1)...count, starting: run...count, after: least, &next, &start)
      least = next
      starts.append(start)
    }
    var (parts, end): ([Range<Int>], Int) = ([], count)
    for start in starts.reversed() {
      let first = Int(start[end])
      parts.append(first..<end)
      end = first
    }
    parts.append(0..<end)
    return parts.reversed()
  }

  /// Finds where the last run begins for each of some ends: never earlier for a later end, so that the middle one
  /// bounds the others.
  private func solve(
    _ ends: ClosedRange<Int>, starting starts: ClosedRange<Int>, after least: [Double],
    _ next: inout [Double], _ start: inout [Int32]
  ) {
    let end = (ends.lowerBound + ends.upperBound) / 2
    var (best, place) = (Double.infinity, starts.lowerBound)
    for first in starts.lowerBound...min(starts.upperBound, end - 1) {
      let error = least[first] + error(first, end)
      if error < best { (best, place) = (error, first) }
    }
    next[end] = best
    start[end] = Int32(place)
    if end > ends.lowerBound {
      solve(
        ends.lowerBound...(end - 1), starting: starts.lowerBound...place, after: least, &next,
        &start)
    }
    if end < ends.upperBound {
      solve(
        (end + 1)...ends.upperBound, starting: place...starts.upperBound, after: least, &next,
        &start)
    }
  }

  private func error(_ first: Int, _ end: Int) -> Double {
    let weight = weights[end] - weights[first]
    guard weight > 0 else { return 0 }
    let sum = sums[end] - sums[first]
    return max(0, squares[end] - squares[first] - sum * sum / weight)
  }
}
