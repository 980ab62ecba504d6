/// The symbols of a word while byte-pair encoding joins them.
struct SymbolList {
  private var symbols: [Symbol] = []
  private var queue = MergeQueue()

  private struct Symbol {
    var id: Int32
    /// In bytes; 0 once the symbol is part of the one before.
    var length: Int
    /// The rank of the merge with the next symbol; the greatest number if there is none.
    var rank = Int32.max
    var merged: Int32 = 0
    var previous = 0
    var next = 0
  }

  /// Words of more symbols are merged through a queue, in time n log n.
  private static let scanLimit = 48

  var count: Int { symbols.count }

  func id(at index: Int) -> Int32 { symbols[index].id }
  func length(at index: Int) -> Int { symbols[index].length }

  mutating func removeAll() { symbols.removeAll(keepingCapacity: true) }

  mutating func append(_ id: Int32, length: Int) {
    symbols.append(Symbol(id: id, length: length))
  }

  /// Joins pairs, the one of the lowest rank first, of equal ones the leftmost.
  mutating func merge(_ merges: MergeTable) {
    if symbols.count > Self.scanLimit { return mergeThroughQueue(merges) }
    for index in symbols.indices { rank(index, index + 1, merges) }
    while true {
      var (best, lowest) = (-1, Int32.max)
      for index in symbols.indices where symbols[index].rank < lowest {
        (best, lowest) = (index, symbols[index].rank)
      }
      guard best >= 0 else { return }
      symbols[best].id = symbols[best].merged
      symbols[best].length += symbols[best + 1].length
      symbols.remove(at: best + 1)
      rank(best, best + 1, merges)
      if best > 0 { rank(best - 1, best, merges) }
    }
  }

  private mutating func rank(_ first: Int, _ second: Int, _ merges: MergeTable) {
    if second < symbols.count, let merge = merges[symbols[first].id, symbols[second].id] {
      (symbols[first].rank, symbols[first].merged) = (merge.rank, merge.id)
    } else {
      symbols[first].rank = .max
    }
  }

  private mutating func mergeThroughQueue(_ merges: MergeTable) {
    for index in symbols.indices {
      (symbols[index].previous, symbols[index].next) = (index - 1, index + 1)
      rank(index, index + 1, merges)
      queue.push(symbols[index].rank, index)
    }
    while let (rank, index) = queue.pop() {
      // Entries of pairs that are no more.
      guard symbols[index].length > 0, symbols[index].rank == rank else { continue }
      let next = symbols[index].next
      symbols[index].id = symbols[index].merged
      symbols[index].length += symbols[next].length
      symbols[index].next = symbols[next].next
      symbols[next].length = 0
      if symbols[index].next < symbols.count { symbols[symbols[index].next].previous = index }
      requeue(index, merges)
      if symbols[index].previous >= 0 { requeue(symbols[index].previous, merges) }
    }
    symbols.removeAll { $0.length == 0 }
  }

  private mutating func requeue(_ index: Int, _ merges: MergeTable) {
    rank(index, symbols[index].next, merges)
    queue.push(symbols[index].rank, index)
  }
}

/// Merges that are possible, the one of the lowest rank and leftmost place on top: a binary heap.
private struct MergeQueue {
  private var entries: [(rank: Int32, index: Int)] = []

  mutating func push(_ rank: Int32, _ index: Int) {
    guard rank < .max else { return }
    entries.append((rank, index))
    var child = entries.count - 1
    while child > 0, entries[child] < entries[(child - 1) / 2] {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() -> (rank: Int32, index: Int)? {
    guard let top = entries.first, let last = entries.popLast() else { return nil }
    guard !entries.isEmpty else { return top }
    entries[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
        if entries[child] < entries[least] { least = child }
      }
      if least == parent { return top }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}
