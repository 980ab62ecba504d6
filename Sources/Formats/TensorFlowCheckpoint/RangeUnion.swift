/// Ranges that have been added up, those that touch being one.
struct RangeUnion {
  /// In ascending order, with gaps between them.
  private(set) var ranges: [Range<Int>] = []

  /// Adds a range.
  ///
  /// - Returns: the parts of it that were not there.
  mutating func insert(_ range: Range<Int>) -> [Range<Int>] {
    guard !range.isEmpty else { return [] }
    let first = firstIndex(endingAtOrAfter: range.lowerBound)
    var (next, position, fresh) = (first, range.lowerBound, [Range<Int>]())
    while next < ranges.count, ranges[next].lowerBound <= range.upperBound {
      if position < ranges[next].lowerBound { fresh.append(position..<ranges[next].lowerBound) }
      position = max(position, ranges[next].upperBound)
      next += 1
    }
    if position < range.upperBound {
      fresh.append(position..<range.upperBound)
      position = range.upperBound
    }
    if !fresh.isEmpty {
      let start = next > first ? min(ranges[first].lowerBound, range.lowerBound) : range.lowerBound
      ranges.replaceSubrange(first..<next, with: [start..<position])
    }
    return fresh
  }

  private func firstIndex(endingAtOrAfter position: Int) -> Int {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < position { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
