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

  /// A part of a token's hash above, its index + 1 below; 0 where no token is. A power of two.
  private var slots: [UInt64]
  private var shift: UInt64
  private var seed = UInt64.random(in: .min ... .max)
  private var multiplier = UInt64.random(in: 1 << 60 ... .max) | 1

  /// The bytes of all tokens, one behind the other.
  private var text: [UInt8] = []
  private var tokens: [Token] = []
  /// For each id the index of its token; −1 for holes.
  private var indices: [Int32] = []
  private let idLimit: Int

  fileprivate struct Token {
    var start: Int
    var length: Int32
    var id: Int32
  }

  /// Longer tokens are in no vocabulary, and would make encoding slow.
  static let tokenLimit = 1024

  /// - Parameter byteCount: the size of what the tokens are read from, which ids are held against.
  init(byteCount: Int) {
    var bits = 8
    while bits < 22, 1 << bits < byteCount / 6 { bits += 1 }
    slots = [UInt64](repeating: 0, count: 1 << bits)
    shift = UInt64(64 - bits)
    text.reserveCapacity(byteCount)
    tokens.reserveCapacity(byteCount / 10)
    indices.reserveCapacity(byteCount / 10)
    idLimit = min(1 << 20 + byteCount * 16, 1 << 28)
  }

  /// - Throws: ``TokenizerReason`` for ids out of range and tokens that are too long.
  mutating func add(_ token: UnsafeBufferPointer<UInt8>, id: Int) throws(TokenizerReason) {
    guard id >= 0, id < idLimit else { throw .idOutOfRange(id) }
    guard token.count <= Self.tokenLimit else { throw .tokenTooLong(token.count) }
    if tokens.count * 2 >= slots.count { grow() }
    let (hash, slot) = withReader { reader in
      let hash = token.reduce(reader.start) { reader.hash($0, $1) }
      return (hash, reader.slot(of: hash, token, 0..<token.count, behind: reader.noPrefix))
    }
    if slots[slot] == 0 { tokenCount += 1 }
    slots[slot] = hash << 32 | UInt64(tokens.count + 1)
    if indices.count <= id {
      indices.append(contentsOf: repeatElement(-1, count: id + 1 - indices.count))
    }
    indices[id] = Int32(tokens.count)
    tokens.append(Token(start: text.count, length: Int32(token.count), id: Int32(id)))
    text.append(contentsOf: token)
    size = max(size, id + 1)
    longest = max(longest, token.count)
  }

  private mutating func grow() {
    shift -= 1
    let old = slots
    slots = [UInt64](repeating: 0, count: old.count * 2)
    for entry in old where entry != 0 {
      let token = tokens[Int(UInt32(truncatingIfNeeded: entry)) - 1]
      let hash = text[token.start..<token.start + Int(token.length)].reduce(seed) {
        ($0 ^ UInt64($1)) &* multiplier
      }
      var slot = Int(hash >> shift)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
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
    guard id >= 0, id < indices.count, indices[Int(id)] >= 0 else { return nil }
    let token = tokens[Int(indices[Int(id)])]
    return text[token.start..<token.start + Int(token.length)]
  }

  func token(_ id: Int32) -> String? {
    bytes(of: id).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Lends the table for many look-ups.
  @inline(__always) func withReader<Result>(_ body: (Reader) -> Result) -> Result {
    slots.withUnsafeBufferPointer { slots in
      tokens.withUnsafeBufferPointer { tokens in
        text.withUnsafeBufferPointer { text in
          body(
            Reader(
              slots: slots, tokens: tokens, text: text, shift: shift, start: seed,
              multiplier: multiplier))
        }
      }
    }
  }

  /// Looks tokens up by hashes that grow byte by byte.
  struct Reader {
    fileprivate let slots: UnsafeBufferPointer<UInt64>
    fileprivate let tokens: UnsafeBufferPointer<Token>
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
      let entry = slots[slot(of: hash, bytes, range, behind: prefix)]
      return entry == 0 ? nil : tokens[Int(UInt32(truncatingIfNeeded: entry)) - 1].id
    }

    /// Where a token is in the table, or would be.
    @inline(__always) fileprivate func slot(
      of hash: UInt64, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
      behind prefix: UnsafeBufferPointer<UInt8>
    ) -> Int {
      var slot = Int(hash >> shift)
      while true {
        let entry = slots[slot]
        if entry == 0 { return slot }
        if entry >> 32 == hash & 0xFFFF_FFFF,
          isEqual(Int(UInt32(truncatingIfNeeded: entry)) - 1, bytes, range, behind: prefix)
        {
          return slot
        }
        slot = (slot + 1) & (slots.count - 1)
      }
    }

    @inline(__always) private func isEqual(
      _ index: Int, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
      behind prefix: UnsafeBufferPointer<UInt8>
    ) -> Bool {
      let token = tokens[index]
      guard Int(token.length) == prefix.count + range.count else { return false }
      for index in prefix.indices where text[token.start + index] != prefix[index] { return false }
      let rest = token.start + prefix.count - range.lowerBound
      for index in range where text[rest + index] != bytes[index] { return false }
      return true
    }
  }
}
