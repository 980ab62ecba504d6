extension NormalizedText {
  /// Removes the scalars that are not kept.
  ///
  /// What is removed counts to the scalar before it, at the very beginning to none.
  mutating func filter(_ isKept: (Unicode.Scalar) -> Bool) {
    var changes: [Change] = []
    var removedFirst = 0
    var removed = 0
    for scalar in scalars {
      if isKept(scalar) {
        changes.append(Change(scalar, 0))
      } else if changes.isEmpty {
        removedFirst += 1
        removed += 1
      } else {
        changes[changes.count - 1].change -= 1
        removed += 1
      }
    }
    if removed > 0 { transform(changes, removingFirst: removedFirst) }
  }

  /// Replaces scalars one for one.
  mutating func map(_ body: (Unicode.Scalar) -> Unicode.Scalar) {
    var isChanged = false
    let changes = scalars.map { scalar in
      let other = body(scalar)
      if other != scalar { isChanged = true }
      return Change(other, 0)
    }
    if isChanged { transform(changes) }
  }

  /// Lower case, scalar by scalar.
  mutating func lowercase() {
    guard scalars.contains(where: { ScalarClass(of: $0).contains(.hasLowercase) }) else { return }
    var changes: [Change] = []
    changes.reserveCapacity(bytes.count)
    for scalar in scalars {
      if scalar.isASCII {
        let isUpper = scalar.value &- 0x41 < 26
        changes.append(Change(isUpper ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar, 0))
      } else if ScalarClass(of: scalar).contains(.hasLowercase),
        let lower = ScalarMapping.lowercase[scalar]
      {
        for (index, part) in lower.enumerated() { changes.append(Change(part, index > 0 ? 1 : 0)) }
      } else {
        changes.append(Change(scalar, 0))
      }
    }
    transform(changes)
  }

  /// Puts scalars before the first one, which they share their span with; none before no text.
  mutating func prepend(_ prefix: String) {
    guard !bytes.isEmpty else { return }
    align()
    var output = TextWriter(capacity: bytes.count + prefix.utf8.count)
    for byte in prefix.utf8 { output.append(byte, spans[0]) }
    let length = UTF8Scalar.length(of: bytes[0])
    for byte in bytes[..<length] { output.append(byte, spans[0]) }
    for index in length..<bytes.count { output.append(bytes[index], spans[index]) }
    replace(with: output)
  }

  /// Takes white space off the ends.
  mutating func strip(left: Bool, right: Bool) {
    let all = Array(scalars)
    let isSpace = all.map { ScalarClass(of: $0).contains(.whitespace) }
    let start = left ? isSpace.firstIndex(of: false) ?? all.count : 0
    let end = right ? isSpace.lastIndex(of: false).map { $0 + 1 } ?? start : all.count
    guard start > 0 || end < all.count else { return }
    transform(all[start..<max(start, end)].map { Change($0, 0) }, removingFirst: start)
  }

  /// Puts a text in place of each match of a pattern; it stands for the last scalar of the match.
  mutating func replace(_ pattern: SplitPattern, with content: String) {
    var matches: [Range<Int>] = []
    bytes.withUnsafeBufferPointer { bytes in
      pattern.matches(bytes, 0..<bytes.count) { matches.append($0) }
    }
    guard !matches.isEmpty else { return }
    align()
    var output = TextWriter(capacity: bytes.count)
    var position = 0
    for match in matches {
      for index in position..<match.lowerBound { output.append(bytes[index], spans[index]) }
      let span =
        match.upperBound > 0 ? spans[match.upperBound - 1] : Span(start: base, end: base)
      for byte in content.utf8 { output.append(byte, span) }
      position = match.upperBound
    }
    for index in position..<bytes.count { output.append(bytes[index], spans[index]) }
    replace(with: output)
  }

  /// Writes every byte with its sign of the byte-level alphabet.
  mutating func writeByteLevel() {
    align()
    var output = TextWriter(capacity: bytes.count * 2)
    for (byte, span) in zip(bytes, spans) {
      let sign = ByteLevelAlphabet.encoded[Int(byte)]
      output.append(sign.0, span)
      if sign.1 != 0 { output.append(sign.1, span) }
    }
    replace(with: output)
  }
}
