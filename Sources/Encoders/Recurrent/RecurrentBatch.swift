/// Sequences side by side, without padding, and how they are gone through: those of like length in step.
struct RecurrentBatch {
  let ids: [Int32]
  /// The tokens of each sequence.
  let ranges: [Range<Int>]
  /// Sequences that are run in step, the longest of them first.
  let groups: [[Int]]

  init(_ sequences: [TokenSequence], groupSize: Int) {
    var ids: [Int32] = []
    var ranges: [Range<Int>] = []
    for sequence in sequences {
      ranges.append(ids.count..<(ids.count + sequence.count))
      ids += sequence.ids
    }
    self.ids = ids
    self.ranges = ranges
    let order = ranges.indices.sorted {
      (ranges[$1].count, $0) < (ranges[$0].count, $1)
    }
    groups = stride(from: 0, to: order.count, by: groupSize).map {
      Array(order[$0..<min($0 + groupSize, order.count)])
    }
  }

  var tokens: Int { ids.count }
}
