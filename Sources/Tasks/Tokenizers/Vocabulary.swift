import Tensors

/// The tokens of a model and their ids.
///
/// Of equal tokens the last id counts; ids need not be without holes.
struct Vocabulary {
  private(set) var trie: ByteTrie
  /// The greatest id + 1.
  private(set) var size = 0
  /// How many different tokens there are.
  private(set) var tokenCount = 0

  /// The bytes of all tokens, one behind the other.
  private var text: [UInt8] = []
  /// For each id where its token lies in the text: start above, length below; −1 for holes.
  private var places: [Int64] = []
  private let idLimit: Int

  /// Longer tokens are in no vocabulary, and would make encoding slow.
  static let tokenLimit = 4096

  /// - Parameter byteCount: the size of what the tokens are read from, which ids are held against.
  init(byteCount: Int) {
    trie = ByteTrie(capacity: min(byteCount / 3, ByteTrie.nodeLimit))
    text.reserveCapacity(byteCount)
    idLimit = 1 << 20 + min(byteCount, 1 << 26) * 16
  }

  /// - Throws: ``TokenizerReason`` for ids out of range, tokens that are too long or too many.
  mutating func add(_ token: UnsafeBufferPointer<UInt8>, id: Int) throws(TokenizerReason) {
    guard id >= 0, id < idLimit, id < Int(Int32.max) else { throw .idOutOfRange(id) }
    guard token.count <= Self.tokenLimit else { throw .tokenTooLong(token.count) }
    let isNew = trie.number(of: token) == nil
    guard trie.insert(token, number: Int32(id)) else { throw .vocabularyTooLarge }
    if isNew { tokenCount += 1 }
    while places.count <= id { places.append(-1) }
    places[id] = Int64(text.count) << 16 | Int64(token.count)
    text.append(contentsOf: token)
    size = max(size, id + 1)
  }

  func id(of token: String) -> Int32? { trie.number(of: token.utf8) }

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
}
