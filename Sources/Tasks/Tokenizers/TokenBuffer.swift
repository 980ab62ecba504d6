/// The tokens of one text, before special tokens are put around them.
struct TokenBuffer {
  private(set) var ids: [Int32] = []
  /// In bytes of the original text.
  private(set) var ranges: [Range<Int>] = []
  private(set) var words: [Int] = []
  /// The ranges without white space, for tokenizers that trim.
  private(set) var trimmed: [TrimmedRange] = []
  /// Whether trimmed ranges are kept too.
  let trims: Bool
  /// The word that the next piece is.
  var word = 0

  init(trims: Bool, capacity: Int) {
    self.trims = trims
    ids.reserveCapacity(capacity)
    ranges.reserveCapacity(capacity)
    words.reserveCapacity(capacity)
    if trims { trimmed.reserveCapacity(capacity) }
  }

  var count: Int { ids.count }

  @inline(__always) mutating func append(_ id: Int32, _ range: Range<Int>) {
    ids.append(id)
    ranges.append(range)
    words.append(word)
  }

  mutating func append(_ range: TrimmedRange) { trimmed.append(range) }
}
