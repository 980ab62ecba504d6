/// A table from scalars to the scalars that replace them.
struct ScalarMapping {
  /// Lower case, one scalar at a time: without the final sigma, whose form depends on its neighbours.
  static let lowercase = ScalarMapping(UnicodeTables.lowercase)
  /// Full canonical decompositions; Hangul syllables are decomposed by arithmetic.
  static let canonicalDecomposition = ScalarMapping(UnicodeTables.canonical)
  /// Full compatibility decompositions where they differ from the canonical ones.
  static let compatibilityDecomposition = ScalarMapping(UnicodeTables.compatibility)

  private var keys: [UInt32] = []
  private var starts: [UInt32] = [0]
  private var values: [Unicode.Scalar] = []

  private init(_ table: StaticString) {
    var numbers = NumberSeries(table)
    var key: UInt32 = 0
    while let distance = numbers.next(), let count = numbers.next() {
      key += distance
      keys.append(key)
      for _ in 0..<count {
        values.append(numbers.next().flatMap { Unicode.Scalar($0) } ?? "\u{FFFD}")
      }
      starts.append(UInt32(values.count))
    }
  }

  /// What a scalar is replaced by; nil if it stays.
  subscript(scalar: Unicode.Scalar) -> ArraySlice<Unicode.Scalar>? {
    let value = scalar.value
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < value { low = middle + 1 } else { high = middle }
    }
    guard low < keys.count, keys[low] == value else { return nil }
    return values[Int(starts[low])..<Int(starts[low + 1])]
  }
}

/// Canonical combining classes, and the pairs of scalars that compose.
struct Composition {
  static let shared = Composition()

  private var classes: [UInt32: UInt8] = [:]
  private var pairs: [UInt64: Unicode.Scalar] = [:]

  private init() {
    var numbers = NumberSeries(UnicodeTables.combiningClasses)
    var key: UInt32 = 0
    while let distance = numbers.next(), let number = numbers.next() {
      key += distance
      classes[key] = UInt8(number)
    }
    numbers = NumberSeries(UnicodeTables.compositions)
    while let first = numbers.next(), let second = numbers.next(), let both = numbers.next() {
      pairs[UInt64(first) << 32 | UInt64(second)] = Unicode.Scalar(both)
    }
  }

  func combiningClass(of scalar: Unicode.Scalar) -> UInt8 { classes[scalar.value] ?? 0 }

  func compose(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
    Hangul.compose(first, second) ?? pairs[UInt64(first.value) << 32 | UInt64(second.value)]
  }
}

/// The arithmetic of Hangul syllables (The Unicode Standard, section 3.12).
enum Hangul {
  private static let (syllables, leading, vowels, trailing) = (
    0xAC00 as UInt32, 0x1100 as UInt32, 0x1161 as UInt32, 0x11A7 as UInt32
  )
  private static let (vowelCount, trailingCount) = (21 as UInt32, 28 as UInt32)
  private static let syllableCount: UInt32 = 19 * vowelCount * trailingCount

  static func isSyllable(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= syllables && scalar.value < syllables + syllableCount
  }

  /// The two or three letters of a syllable.
  static func decompose(_ syllable: Unicode.Scalar) -> [Unicode.Scalar] {
    let index = syllable.value - syllables
    let letters = [
      leading + index / (vowelCount * trailingCount),
      vowels + index % (vowelCount * trailingCount) / trailingCount,
      trailing + index % trailingCount,
    ]
    return letters.prefix(index % trailingCount == 0 ? 2 : 3).compactMap { Unicode.Scalar($0) }
  }

  static func compose(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
    let (a, b) = (first.value, second.value)
    if (leading..<leading + 19).contains(a), (vowels..<vowels + vowelCount).contains(b) {
      return Unicode.Scalar(
        syllables + ((a - leading) * vowelCount + b - vowels) * trailingCount)
    }
    if isSyllable(first), (a - syllables) % trailingCount == 0,
      (trailing + 1..<trailing + trailingCount).contains(b)
    {
      return Unicode.Scalar(a + b - trailing)
    }
    return nil
  }
}
