/// What tokenizers ask about a scalar, as one bit each.
///
/// The answers are those of Hugging Face's tokenizers library, whose parts know different versions of
/// Unicode; ``UnicodeTables`` holds them.
struct ScalarClass: OptionSet {
  let rawValue: UInt16

  static let whitespace = ScalarClass(rawValue: 1 << 0)
  /// What the clean-up of BERT removes: control, format and private-use characters, U+0000, U+FFFD.
  static let removedByBERT = ScalarClass(rawValue: 1 << 1)
  /// Category Mn, among the scalars that have no canonical decomposition.
  static let nonspacingMark = ScalarClass(rawValue: 1 << 2)
  /// Categories Mn, Mc and Me.
  static let mark = ScalarClass(rawValue: 1 << 3)
  /// Categories P*, and the symbols of ASCII.
  static let punctuation = ScalarClass(rawValue: 1 << 4)
  static let numeric = ScalarClass(rawValue: 1 << 5)
  /// `\w` of regular expressions.
  static let word = ScalarClass(rawValue: 1 << 6)
  static let letter = ScalarClass(rawValue: 1 << 7)
  static let number = ScalarClass(rawValue: 1 << 8)
  static let hasLowercase = ScalarClass(rawValue: 1 << 9)
  static let hasCanonicalDecomposition = ScalarClass(rawValue: 1 << 10)
  static let hasCompatibilityDecomposition = ScalarClass(rawValue: 1 << 11)
  /// `\w` of the patterns in a tokenizer.json, which another library reads.
  static let patternWord = ScalarClass(rawValue: 1 << 12)
  /// `\d` of those patterns.
  static let decimal = ScalarClass(rawValue: 1 << 13)
  /// A canonical combining class other than 0.
  static let hasCombiningClass = ScalarClass(rawValue: 1 << 14)

  init(rawValue: UInt16) { self.rawValue = rawValue }

  init(of scalar: Unicode.Scalar) { self = ScalarClassTable.shared[scalar.value] }
}

/// The classes of all scalars: one by one where scripts are, by runs beyond.
private struct ScalarClassTable {
  static let shared = ScalarClassTable()

  /// Of the scalars below U+32000, where all but private use, tags and selectors lie.
  private var low: [UInt16] = []
  private var runs: [(start: UInt32, bits: UInt16)] = []
  private static let lowCount: UInt32 = 0x32000

  private init() {
    low.reserveCapacity(Int(Self.lowCount))
    var numbers = NumberSeries(UnicodeTables.classes)
    var start: UInt32 = 0
    while let count = numbers.next(), let bits = numbers.next() {
      let room = Int(Self.lowCount) - low.count
      low.append(contentsOf: repeatElement(UInt16(bits), count: min(room, Int(count))))
      start += count
      if start > Self.lowCount { runs.append((start - count, UInt16(bits))) }
    }
  }

  subscript(value: UInt32) -> ScalarClass {
    if value < Self.lowCount { return ScalarClass(rawValue: low[Int(value)]) }
    return ScalarClass(rawValue: runs.last { $0.start <= value }?.bits ?? 0)
  }
}

/// The numbers of one of the ``UnicodeTables``, in turn.
struct NumberSeries {
  private let text: UnsafeBufferPointer<UInt8>
  private var position = 0

  init(_ text: StaticString) {
    self.text = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }

  mutating func next() -> UInt32? {
    var value: UInt32 = 0
    var place: UInt32 = 1
    while position < text.count {
      let digit = UInt32(text[position] - UInt8(ascii: "#"))
      position += 1
      value += digit % 28 * place
      if digit < 28 { return value }
      place *= 28
    }
    return nil
  }
}
