/// The normalization of BERT: clean-up, spaces around ideographs, accents, case; each can be left out.
struct BERTNormalizer {
  var cleansText = true
  var spacesIdeographs = true
  var stripsAccents = true
  var lowercases = true

  func normalize(_ text: inout NormalizedText) {
    if normalizeASCII(&text) { return }
    if cleansText {
      text.filter { !ScalarClass(of: $0).contains(.removedByBERT) || Self.isLineSpace($0) }
      text.map { ScalarClass(of: $0).contains(.whitespace) ? " " : $0 }
    }
    if spacesIdeographs { spaceIdeographs(&text) }
    if stripsAccents {
      text.normalize(to: .nfd)
      text.filter { !ScalarClass(of: $0).contains(.nonspacingMark) }
    }
    if lowercases { text.lowercase() }
  }

  /// Text without control characters and beyond ASCII nothing, in place.
  ///
  /// - Returns: false, and nothing is done, for other text.
  private func normalizeASCII(_ text: inout NormalizedText) -> Bool {
    var kinds: UInt8 = 0
    for byte in text.bytes { kinds |= Self.asciiKinds[Int(byte)] }
    if kinds & 2 != 0 || (kinds & 1 != 0 && cleansText) { return false }
    let (cleans, lowers) = (cleansText, lowercases)
    text.bytes.withUnsafeMutableBufferPointer { bytes in
      for index in bytes.indices {
        let byte = bytes[index]
        if lowers, byte &- 0x41 < 26 { bytes[index] = byte | 0x20 }
        if cleans, byte &- 0x09 < 5 { bytes[index] = 0x20 }
      }
    }
    return true
  }

  /// Of each byte: 1 for control characters that the clean-up removes, 2 for what is not ASCII.
  private static let asciiKinds: [UInt8] = (0..<256).map { byte in
    if byte >= 0x80 { return 2 }
    return (byte < 0x20 && ![0x09, 0x0A, 0x0D].contains(byte)) || byte == 0x7F ? 1 : 0
  }

  private static func isLineSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\t" || scalar == "\n" || scalar == "\r"
  }

  private func spaceIdeographs(_ text: inout NormalizedText) {
    guard text.scalars.contains(where: Self.isIdeograph) else { return }
    var changes: [NormalizedText.Change] = []
    changes.reserveCapacity(text.bytes.count)
    for scalar in text.scalars {
      if Self.isIdeograph(scalar) {
        changes += [.init(" ", 0), .init(scalar, 1), .init(" ", 1)]
      } else {
        changes.append(.init(scalar, 0))
      }
    }
    text.transform(changes)
  }

  private static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F,
      0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
