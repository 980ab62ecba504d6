import Synchronization

/// The tokens of words that were seen before, for models whose search costs more than a look-up.
///
/// Holds a bounded number of words; what does not fit is searched for every time.
struct WordCache {
  /// A part of a word's hash above, the index of its entry + 1 below.
  private var slots: [UInt64] = []
  private var entries: [Entry] = []
  private var text: [UInt8] = []
  private var tokens: [WordToken] = []

  private struct Entry {
    var start: Int32
    var length: Int32
    var firstToken: Int32
    var tokenCount: Int32
  }

  private let wordLimit: Int
  private static let slotBits = 15
  private static let lengthLimit = 64
  private static let seed = UInt64.random(in: .min ... .max)
  private static let multiplier = UInt64.random(in: 1 << 60 ... .max) | 1

  init(wordLimit: Int = 1 << 14) { self.wordLimit = wordLimit }

  /// Where a word is in the cache, or would be.
  struct Place {
    fileprivate let hash: UInt64
    fileprivate let slot: Int
    /// Its tokens; nil if they are not known.
    let tokens: Range<Int>?
  }

  @inline(__always) mutating func find(
    _ word: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>
  ) -> Place? {
    guard word.count <= Self.lengthLimit, wordLimit > 0 else { return nil }
    if slots.isEmpty { slots = [UInt64](repeating: 0, count: 1 << Self.slotBits) }
    var hash = Self.seed
    for index in word { hash = (hash ^ UInt64(bytes[index])) &* Self.multiplier }
    var slot = Int(hash >> UInt64(64 - Self.slotBits))
    while slots[slot] != 0 {
      let entry = entries[Int(UInt32(truncatingIfNeeded: slots[slot])) - 1]
      if slots[slot] >> 32 == hash & 0xFFFF_FFFF, isEqual(entry, bytes, word) {
        let first = Int(entry.firstToken)
        return Place(hash: hash, slot: slot, tokens: first..<first + Int(entry.tokenCount))
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return Place(hash: hash, slot: slot, tokens: nil)
  }

  /// A token of a known word.
  @inline(__always) func token(at index: Int) -> WordToken { tokens[index] }

  /// Remembers the tokens of a word whose place was just found empty.
  mutating func add(
    _ word: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>, _ found: [WordToken], at place: Place
  ) {
    guard entries.count < wordLimit else { return }
    entries.append(
      Entry(
        start: Int32(text.count), length: Int32(word.count), firstToken: Int32(tokens.count),
        tokenCount: Int32(found.count)))
    text.append(contentsOf: bytes[word])
    tokens.append(contentsOf: found)
    slots[place.slot] = place.hash << 32 | UInt64(entries.count)
  }

  @inline(__always) private func isEqual(
    _ entry: Entry, _ bytes: UnsafeBufferPointer<UInt8>, _ word: Range<Int>
  ) -> Bool {
    guard Int(entry.length) == word.count else { return false }
    let start = Int(entry.start) - word.lowerBound
    for index in word where text[start + index] != bytes[index] { return false }
    return true
  }
}

/// A token of a word, its bytes counted from the start of the word.
struct WordToken {
  var id: Int32
  var start: Int
  var end: Int
}

/// Caches that threads share: each call takes one that is free, or none.
final class WordCaches: Sendable {
  private final class Shelf: Sendable {
    let cache = Mutex(WordCache())
  }

  private let shelves = (0..<8).map { _ in Shelf() }

  /// Lends a cache; one that holds nothing if all are taken.
  func withCache<Result>(_ body: (inout WordCache) -> Result) -> Result {
    for shelf in shelves {
      if let result = shelf.cache.withLockIfAvailable({ body(&$0) }) { return result }
    }
    var none = WordCache(wordLimit: 0)
    return body(&none)
  }
}
