import Tensors

/// The tokens of a model and their ids, found by hashing their bytes from left to right.
///
/// Of equal tokens the last id counts; ids need not be without holes. The hash is seeded: no
/// vocabulary can be written that fills the table with collisions.
struct Vocabulary {
  /// The greatest id + 1.
  private(set) var size = 0
  /// How many different tokens there are.
  private(set) var tokenCount = 0
  /// The length of the longest token in bytes.
  private(set) var longest = 0

  /// A hash table with open addressing; its size is a power of two.
  private var slots: [Slot]
  private var shift: UInt64
  private var seed = UInt64.random(in: .min ... .max)
  private var multiplier = UInt64.random(in: 1 << 60 ... .max) | 1

  /// The bytes of all tokens, one behind the other.
  private var text: [UInt8] = []
  /// For each id where its token lies in the text: start above, length below; −1 for holes.
  private var places: [Int64] = []
  private let idLimit: Int

  fileprivate struct Slot {
    /// A part of the token's hash.
    var tag: UInt32 = 0
    /// −1 where no token is.
    var id: Int32 = -1
    /// In the text.
    var start: UInt32 = 0
    var length: UInt32 = 0
  }

  /// Longer tokens are in no vocabulary, and would make encoding slow.
  static let tokenLimit = 1024

  /// - Parameters:
  ///   - byteCount: the size of what the tokens are read from, which ids are held against.
  ///   - entryLength: how many bytes of it a token takes, by experience.
  init(byteCount: Int, entryLength: Int) {
    let count = byteCount / entryLength
    var bits = 8
    while bits < 20, 1 << bits < count * 3 / 2 { bits += 1 }
    slots = [Slot](repeating: Slot(), count: 1 << bits)
    shift = UInt64(64 - bits)
    text.reserveCapacity(byteCount / 2)
    places.reserveCapacity(count)
    idLimit = min(1 << 20 + byteCount * 16, 1 << 28)
  }

  /// - Throws: ``TokenizerReason`` for ids out of range and tokens that are too long.
  mutating func add(_ token: UnsafeBufferPointer<UInt8>, id: Int) throws(TokenizerReason) {
    guard id >= 0, id < idLimit else { throw .idOutOfRange(id) }
    guard token.count <= Self.tokenLimit else { throw .tokenTooLong(token.count) }
    guard text.count + token.count < Int(UInt32.max) else { throw .vocabularyTooLarge }
    if tokenCount * 4 >= slots.count * 3 { grow() }
    let (hash, slot) = withReader { reader in
      let hash = token.reduce(reader.start) { reader.hash($0, $1) }
      return (hash, reader.slot(of: hash, token, 0..<token.count, behind: reader.noPrefix))
    }
    if slots[slot].id < 0 { tokenCount += 1 }
    slots[slot] = Slot(
      tag: UInt32(truncatingIfNeeded: hash), id: Int32(id), start: UInt32(text.count),
      length: UInt32(token.count))
    if places.count <= id {
      places.append(contentsOf: repeatElement(-1, count: id + 1 - places.count))
    }
    places[id] = Int64(text.count) << 16 | Int64(token.count)
    text.append(contentsOf: token)
    size = max(size, id + 1)
    longest = max(longest, token.count)
  }

  private mutating func grow() {
    shift -= 1
    let old = slots
    slots = [Slot](repeating: Slot(), count: old.count * 2)
    for entry in old where entry.id >= 0 {
      let hash = text[Int(entry.start)..<Int(entry.start + entry.length)].reduce(seed) {
        ($0 ^ UInt64($1)) &* multiplier
      }
      var slot = Int(hash >> shift)
      while slots[slot].id >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = entry
    }
  }

  func id(of token: some Sequence<UInt8>) -> Int32? {
    let bytes = Array(token)
    return bytes.withUnsafeBufferPointer { bytes in
      withReader { reader in
        let hash = bytes.reduce(reader.start) { reader.hash($0, $1) }
        return reader.id(hash, bytes, 0..<bytes.count)
      }
    }
  }

  func id(of token: String) -> Int32? { id(of: token.utf8) }

  /// The bytes of a token; nil where there is none.
  func bytes(of id: Int32) -> ArraySlice<UInt8>? {
    guard id >= 0, id < places.count, places[Int(id)] >= 0 else { return nil }
    let place = places[Int(id)]
    let start = Int(place >> 16)
    return text[start..<start + Int(place & 0xFFFF)]
  }

  func token(_ id: Int32) -> String? {
    bytes(of: id).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Lends the table for many look-ups.
  @inline(__always) func withReader<Result>(_ body: (Reader) -> Result) -> Result {
    slots.withUnsafeBufferPointer { slots in
      text.withUnsafeBufferPointer { text in
        body(
          Reader(slots: slots, text: text, shift: shift, start: seed, multiplier: multiplier))
      }
    }
  }

  /// Looks tokens up by hashes that grow byte by byte.
  struct Reader {
    fileprivate let slots: UnsafeBufferPointer<Slot>
    fileprivate let text: UnsafeBufferPointer<UInt8>
    fileprivate let shift: UInt64
    /// The hash of no bytes.
    let start: UInt64
    fileprivate let multiplier: UInt64

    fileprivate var noPrefix: UnsafeBufferPointer<UInt8> { .init(rebasing: text[0..<0]) }

    /// The hash of some bytes and one more.
    @inline(__always) func hash(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
      (hash ^ UInt64(byte)) &* multiplier
    }

    /// The id of the token that a range of bytes is; nil if it is none.
    @inline(__always) func id(
      _ hash: UInt64, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
    ) -> Int32? {
      id(hash, bytes, range, behind: noPrefix)
    }

    /// The id of the token that a prefix and a range of bytes are together.
    @inline(__always) func id(
      _ hash: UInt64, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
      behind prefix: UnsafeBufferPointer<UInt8>
    ) -> Int32? {
      let slot = slots[slot(of: hash, bytes, range, behind: prefix)]
      return slot.id < 0 ? nil : slot.id
    }

    /// Where a token is in the table, or would be.
    @inline(__always) fileprivate func slot(
      of hash: UInt64, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
      behind prefix: UnsafeBufferPointer<UInt8>
    ) -> Int {
      var slot = Int(hash >> shift)
      while true {
        let entry = slots[slot]
        if entry.id < 0 { return slot }
        if entry.tag == UInt32(truncatingIfNeeded: hash),
          isEqual(entry, bytes, range, behind: prefix)
        {
          return slot
        }
        slot = (slot + 1) & (slots.count - 1)
      }
    }

    @inline(__always) private func isEqual(
      _ entry: Slot, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
      behind prefix: UnsafeBufferPointer<UInt8>
    ) -> Bool {
      guard Int(entry.length) == prefix.count + range.count else { return false }
      let start = Int(entry.start)
      for index in prefix.indices where text[start + index] != prefix[index] { return false }
      let rest = start + prefix.count - range.lowerBound
      for index in range where text[rest + index] != bytes[index] { return false }
      return true
    }
  }
}
