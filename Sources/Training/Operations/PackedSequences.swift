import Checkpoints

/// The sequences of a batch in groups that are gone through in step, and the rows that stand for each of a group's times: time after
/// time, of the sequences that are still going on the longest first (as PyTorch's `PackedSequence`).
///
/// A group has sequences of like length, and a size that does not depend on the number of threads.
struct PackedSequences: Sendable {
  let groups: [Group]
  /// Of all groups: as many as there are tokens.
  let rows: Int

  struct Group: Sendable {
    /// Their places in the batch, the longest first.
    let sequences: [Int]
    /// The tokens of each of them.
    let tokens: [Range<Int>]
    /// The rows of each time: one for each sequence that has so many tokens.
    let times: [Range<Int>]
  }

  /// Enough that the recurrent weights are read for many sequences at a time, and few enough that a batch is more than one group.
  static let groupSize = 16

  init(_ ranges: [Range<Int>]) {
    let order = ranges.indices.sorted { (ranges[$1].count, $0) < (ranges[$0].count, $1) }
    var row = 0
    groups = (0..<order.count).split(by: Self.groupSize).map { places in
      let sequences = Array(order[places])
      let tokens = sequences.map { ranges[$0] }
      let times = (0..<(tokens.first?.count ?? 0)).map { time in
        let start = row
        row += tokens.count { $0.count > time }
        return start..<row
      }
      return Group(sequences: sequences, tokens: tokens, times: times)
    }
    rows = row
  }
}

extension PackedSequences.Group {
  /// The token that a direction comes to at a time in a sequence of the group.
  func token(_ place: Int, at time: Int, _ direction: Direction) -> Int {
    let tokens = tokens[place]
    return direction == .forward ? tokens.lowerBound + time : tokens.upperBound - 1 - time
  }
}
