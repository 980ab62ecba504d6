/// Which examples are read together, epoch by epoch.
///
/// All examples are shuffled, then sorted by length within chunks of fifty batches, cut into batches, and the batches shuffled: those of a batch are
/// of like length, and no two epochs have the same batches. An epoch's batches depend on the seed and its number alone, so that a run can
/// be taken up at any of them.
package struct BatchPlan: Sendable {
  /// In tokens, by example.
  package let lengths: [Int32]
  /// The greatest number of examples in a batch.
  package let size: Int
  /// The greatest number of tokens in a batch of more than one example; nil for any.
  package let tokenLimit: Int?
  package let seed: UInt64

  private static let batchesPerChunk = 50

  package init(lengths: [Int32], size: Int, tokenLimit: Int? = nil, seed: UInt64) {
    precondition(size > 0)
    self.lengths = lengths
    self.size = size
    self.tokenLimit = tokenLimit
    self.seed = seed
  }

  /// The batches of an epoch, counted from 0.
  package func batches(epoch: Int) -> EpochBatches {
    var generator = KeyedGenerator(seed, UInt64(epoch), 1)
    var order = lengths.indices.map(Int32.init)
    generator.shuffle(&order)
    var batches: [Range<Int>] = []
    for chunk in parts(of: order.count, by: size * Self.batchesPerChunk) {
      let sorted = order[chunk].enumerated().sorted {
        let (left, right) = (lengths[Int($0.element)], lengths[Int($1.element)])
        return left != right ? left > right : $0.offset < $1.offset
      }
      order.replaceSubrange(chunk, with: sorted.map(\.element))
      cut(order, chunk, into: &batches)
    }
    generator.shuffle(&batches)
    return EpochBatches(order: order, ranges: batches)
  }

  private func cut(_ order: [Int32], _ chunk: Range<Int>, into batches: inout [Range<Int>]) {
    var start = chunk.lowerBound
    var tokens = 0
    for place in chunk {
      let length = Int(lengths[Int(order[place])])
      let isFull =
        place - start == size || (place > start && tokens + length > tokenLimit ?? .max)
      if isFull {
        batches.append(start..<place)
        (start, tokens) = (place, 0)
      }
      tokens += length
    }
    batches.append(start..<chunk.upperBound)
  }
}

/// The batches of one epoch in their order: each the indices of examples.
package struct EpochBatches: Sendable, RandomAccessCollection {
  fileprivate let order: [Int32]
  fileprivate let ranges: [Range<Int>]

  package var startIndex: Int { 0 }
  package var endIndex: Int { ranges.count }
  package subscript(position: Int) -> [Int] { order[ranges[position]].map(Int.init) }
}
