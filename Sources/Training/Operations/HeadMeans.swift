extension Tape {
  /// The means over heads of what attention gives for the tokens of each sequence: `[1, Σ heads · tokens²]` to `[1, Σ tokens²]`.
  package func headMeans(_ x: Node, heads: Int, of ranges: [Range<Int>]) throws -> Node {
    guard heads > 1 else { return x }
    let places = HeadPlaces(ranges)
    precondition(x.value.count == heads * places.count)
    let y = try matrix(rows: 1, columns: places.count)
    let share = 1 / Float(heads)
    let (input, sequences) = (x.value, places.sequences)
    try forEach(sequences.count) { index in
      let (offset, count) = sequences[index]
      let (source, target) = (input.start + heads * offset, y.start + offset)
      for place in 0..<count {
        var sum: Float = 0
        for head in 0..<heads { sum += source[head * count + place] }
        target[place] = sum * share
      }
    }
    let slot = x.slot
    return record(y, from: x) { [self] gradient in
      guard let slot else { return }
      let dy = gradient
      let dx = try matrix(rows: 1, columns: heads * dy.count)
      try forEach(sequences.count) { index in
        let (offset, count) = sequences[index]
        let (source, target) = (dy.start + offset, dx.start + heads * offset)
        for head in 0..<heads {
          for place in 0..<count { target[head * count + place] = source[place] * share }
        }
      }
      try slot.receive(dx, self)
    }
  }
}

/// Where each sequence's numbers of one head begin among all of them, and how many they are.
private struct HeadPlaces {
  private(set) var sequences: [(offset: Int, count: Int)] = []
  private(set) var count = 0

  init(_ ranges: [Range<Int>]) {
    for range in ranges {
      sequences.append((count, range.count * range.count))
      count += range.count * range.count
    }
  }
}
