/// The pairs of tokens that byte-pair encoding joins: what they become, and how early.
struct MergeTable {
  /// One merge; no pair has the key of an empty entry.
  private struct Entry {
    var key = UInt64.max
    var rank: Int32 = 0
    var id: Int32 = 0
  }

  private var entries: [Entry]
  private var shift: UInt64
  private var multiplier = UInt64.random(in: 1 << 60 ... .max) | 1
  private var count = 0

  /// - Parameter capacity: how many merges are expected.
  init(capacity: Int) {
    var bits = 4
    while bits < 24, 1 << bits < capacity * 2 { bits += 1 }
    entries = [Entry](repeating: Entry(), count: 1 << bits)
    shift = UInt64(64 - bits)
  }

  /// Adds a merge; of equal pairs the last counts.
  mutating func add(_ first: Int32, _ second: Int32, rank: Int32, id: Int32) {
    if count * 2 >= entries.count { grow() }
    let key = Self.key(first, second)
    let slot = slot(of: key)
    if entries[slot].key == .max { count += 1 }
    entries[slot] = Entry(key: key, rank: rank, id: id)
  }

  private mutating func grow() {
    let old = entries
    entries = [Entry](repeating: Entry(), count: old.count * 2)
    shift -= 1
    for entry in old where entry.key != .max { entries[slot(of: entry.key)] = entry }
  }

  @inline(__always) subscript(first: Int32, second: Int32) -> (rank: Int32, id: Int32)? {
    let entry = entries[slot(of: Self.key(first, second))]
    return entry.key == .max ? nil : (entry.rank, entry.id)
  }

  /// Calls a closure with each merge, in no order.
  func eachMerge(_ body: (_ first: Int32, _ second: Int32, _ id: Int32) -> Void) {
    for entry in entries where entry.key != .max {
      body(
        Int32(truncatingIfNeeded: entry.key >> 32), Int32(truncatingIfNeeded: entry.key), entry.id)
    }
  }

  @inline(__always) private static func key(_ first: Int32, _ second: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
  }

  @inline(__always) private func slot(of key: UInt64) -> Int {
    entries.withUnsafeBufferPointer { entries in
      // The first token of a pair stands in bits that a product alone would not bring to the top.
      var slot = Int(((key ^ key >> 29) &* multiplier) >> shift)
      while entries[slot].key != key, entries[slot].key != .max {
        slot = (slot + 1) & (entries.count - 1)
      }
      return slot
    }
  }
}
