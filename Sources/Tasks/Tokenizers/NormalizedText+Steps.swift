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
}
