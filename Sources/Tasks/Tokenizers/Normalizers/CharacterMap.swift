/// The compiled replacements of a SentencePiece model: a double-array trie (Aoe, 1989) from characters
/// to places in a text of replacements, each ended by a NUL.
///
/// Whole graphemes are looked up if they are short, else scalar by scalar, and of all entries that one
/// begins with the shortest counts: so does the library that these models are used with.
struct CharacterMap {
  private let units: [UInt32]
  private let replacements: [UInt8]
  /// What the ASCII characters become on their own.
  private let ascii: [Replacement?]

  /// Scalars, and how many bytes they have.
  private typealias Replacement = Range<Int>

  /// Longer graphemes are looked up scalar by scalar.
  private static let graphemeLimit = 6

  /// - Parameter blob: the size of the trie in bytes, the trie's units, the text of replacements.
  init(_ blob: [UInt8]) throws(TokenizerReason) {
    func number(_ offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(blob[offset + $1]) << UInt32(8 * $1) }
    }
    guard blob.count >= 4 else { throw .badCharacterMap("is too short") }
    let size = Int(number(0))
    guard size > 0, size % 4 == 0, size <= blob.count - 4 else {
      throw .badCharacterMap("holds \(blob.count) bytes, but names a trie of \(size)")
    }
    let units = stride(from: 4, to: 4 + size, by: 4).map(number)
    let replacements = Array(blob[(4 + size)...])
    guard (try? UTF8Span(validating: replacements.span)) != nil else {
      throw .badCharacterMap("holds replacements that are not valid UTF-8")
    }
    (self.units, self.replacements) = (units, replacements)
    ascii = (0..<128 as Range<UInt8>).map { Self.replacement(of: [$0], units, replacements) }
  }

  /// The length of the longest replacement in bytes.
  var longestReplacement: Int { replacements.split(separator: 0).reduce(0) { max($0, $1.count) } }

  func normalize(_ text: inout NormalizedText) {
    guard isTouched(text.bytes) else { return }
    var changes: [NormalizedText.Change] = []
    changes.reserveCapacity(text.bytes.count)
    var isChanged = false
    text.bytes.withUnsafeBufferPointer { bytes in
      Graphemes.forEach(in: bytes) { grapheme in
        if grapheme.count < Self.graphemeLimit, let range = replacement(bytes, grapheme) {
          isChanged = true
          replace(bytes, grapheme, range, &changes)
          return
        }
        var position = grapheme.lowerBound
        while position < grapheme.upperBound {
          let (scalar, length) = UTF8Scalar.decode(bytes, at: position)
          if let range = replacement(bytes, position..<position + length) {
            isChanged = true
            replace(bytes, position..<position + length, range, &changes)
          } else {
            changes.append(.init(scalar, 0))
          }
          position += length
        }
      }
    }
    if isChanged { text.transform(changes) }
  }

  /// Whether anything but ASCII that stays as it is may be in a text.
  private func isTouched(_ bytes: [UInt8]) -> Bool {
    bytes.contains { $0 >= 0x80 || ascii[Int($0)] != nil }
      || zip(bytes, bytes.dropFirst()).contains { $0 == 0x0D && $1 == 0x0A }
  }

  private func replacement(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> Replacement? {
    if range.count == 1 { return ascii[Int(bytes[range.lowerBound] & 0x7F)] }
    return Self.replacement(of: bytes[range], units, replacements)
  }

  /// Of the entries that a string begins with the shortest, nil if there is none.
  private static func replacement(
    of string: some Sequence<UInt8>, _ units: [UInt32], _ replacements: [UInt8]
  ) -> Replacement? {
    var node = offset(of: units[0])
    for byte in string {
      guard byte != 0 else { return nil }
      node ^= Int(byte)
      guard node < units.count else { return nil }
      let unit = units[node]
      guard unit & 0x8000_00FF == UInt32(byte) else { return nil }
      node ^= offset(of: unit)
      if unit >> 8 & 1 == 1 {
        guard node < units.count else { return nil }
        return text(at: Int(units[node] & 0x7FFF_FFFF), replacements)
      }
    }
    return nil
  }

  private static func offset(of unit: UInt32) -> Int {
    Int(unit >> 10) << Int((unit & 1 << 9) >> 6)
  }

  private static func text(at start: Int, _ replacements: [UInt8]) -> Replacement? {
    guard start < replacements.count, UTF8Scalar.begins(replacements[start]) else { return nil }
    return start..<(replacements[start...].firstIndex(of: 0) ?? replacements.count)
  }

  /// Notes what a run of scalars becomes: added scalars share the last one's place, removed ones
  /// count to the scalar before them.
  private func replace(
    _ bytes: UnsafeBufferPointer<UInt8>, _ old: Range<Int>, _ new: Range<Int>,
    _ changes: inout [NormalizedText.Change]
  ) {
    let before = changes.count
    replacements.withUnsafeBufferPointer { text in
      var position = new.lowerBound
      while position < new.upperBound {
        let (scalar, length) = UTF8Scalar.decode(text, at: position)
        changes.append(.init(scalar, 0))
        position += length
      }
    }
    let oldCount = bytes[old].reduce(0) { $0 + (UTF8Scalar.begins($1) ? 1 : 0) }
    let difference = changes.count - before - oldCount
    if difference > 0 {
      for index in changes.indices.suffix(difference) { changes[index].change = 1 }
    } else if difference < 0, !changes.isEmpty {
      changes[changes.count - 1].change += difference
    }
  }
}
