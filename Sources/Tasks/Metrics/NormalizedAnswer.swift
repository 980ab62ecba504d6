/// An answer made comparable as SQuAD's official script does: in lower case, without ASCII punctuation and
/// the articles a, an and the, with single spaces; what is left are its words.
struct NormalizedAnswer: Equatable {
  typealias Word = ArraySlice<Unicode.Scalar>
  let words: [Word]

  init(_ text: String) {
    var scalars = Self.lowercased(text).filter { !isPunctuation($0) }
    // An article stands between characters that make no words, as \b in a regular expression says.
    var start = 0
    while start < scalars.count {
      guard scalars[start].isWordCharacter else {
        start += 1
        continue
      }
      let end = scalars[start...].firstIndex { !$0.isWordCharacter } ?? scalars.count
      if Self.isArticle(scalars[start..<end]) {
        for index in start..<end { scalars[index] = " " }
      }
      start = end
    }
    words = scalars.split(whereSeparator: isPythonSpace)
  }

  /// As Python lowers text: scalar by scalar, but for a sigma at the end of a word.
  private static func lowercased(_ text: String) -> [Unicode.Scalar] {
    let scalars = Array(text.unicodeScalars)
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(scalars.count)
    for (index, scalar) in scalars.enumerated() {
      if scalar.isASCII {
        let isUpper = 0x41...0x5A ~= scalar.value
        result.append(isUpper ? Unicode.Scalar(UInt8(scalar.value + 0x20)) : scalar)
      } else if scalar == "\u{3A3}" {
        result.append(isFinalSigma(at: index, in: scalars) ? "\u{3C2}" : "\u{3C3}")
      } else {
        result += scalar.properties.lowercaseMapping.unicodeScalars
      }
    }
    return result
  }

  /// Final_Sigma of the Unicode Standard, §3.13: a cased letter before, none after.
  private static func isFinalSigma(at index: Int, in scalars: [Unicode.Scalar]) -> Bool {
    let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
    let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
    return before?.properties.isCased ?? false && !(after?.properties.isCased ?? false)
  }

  private static func isArticle(_ word: ArraySlice<Unicode.Scalar>) -> Bool {
    word.elementsEqual(["a"]) || word.elementsEqual(["a", "n"])
      || word.elementsEqual(["t", "h", "e"])
  }
}

/// Python's `string.punctuation`.
private func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
  default: false
  }
}

/// What Python's `split` splits at.
private func isPythonSpace(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
    0x205F,
    0x3000:
    true
  default: false
  }
}

extension Unicode.Scalar {
  fileprivate var isWordCharacter: Bool {
    isASCII ? ("a"..."z" ~= self || "0"..."9" ~= self || "A"..."Z" ~= self) : isAlphanumeric
  }

  /// Whether it is a letter or any kind of number, as Python's `isalnum` has it.
  private var isAlphanumeric: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: properties.numericType != nil
    }
  }
}
