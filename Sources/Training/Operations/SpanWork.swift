import Glibc

/// Two softmaxes over the tokens of each sequence, down the columns of `[tokens, 2]`.
struct SpanWork {
  let ranges: [Range<Int>]
  /// For each column the right token of each sequence.
  let places: [[Int]]
  /// Logits, then probabilities, then their gradient.
  let p: Matrix

  private func counted(_ column: Int) -> Int {
    zip(ranges, places[column]).count { $0.indices.count > $1 && $1 >= 0 }
  }

  /// The mean over the sequences that count; leaves probabilities behind.
  func loss(_ column: Int) -> Double {
    var total = 0.0
    for (range, place) in zip(ranges, places[column]) {
      let largest = range.reduce(-Float.infinity) { max($0, p.row($1)[column]) }
      let sum = range.reduce(0.0) { $0 + exp(Double(p.row($1)[column] - largest)) }
      let norm = Double(largest) + log(sum)
      if range.indices.contains(range.lowerBound + place), place >= 0 {
        total += norm - Double(p.row(range.lowerBound + place)[column])
      }
      for token in range { p.row(token)[column] = Float(exp(Double(p.row(token)[column]) - norm)) }
    }
    return total / Double(max(1, counted(column)))
  }

  func gradient(_ column: Int, _ scale: Float) {
    let factor = scale / Float(max(1, counted(column)))
    for (range, place) in zip(ranges, places[column]) {
      let counts = place >= 0 && place < range.count
      if counts { p.row(range.lowerBound + place)[column] -= 1 }
      for token in range { p.row(token)[column] *= counts ? factor : 0 }
    }
  }
}
