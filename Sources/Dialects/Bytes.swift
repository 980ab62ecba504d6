extension UInt8 {
  static let hash = UInt8(ascii: "#")
  static let slash = UInt8(ascii: "/")

  var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
  var digit: Int { Int(self) - Int(UInt8(ascii: "0")) }
}

/// Names are compared byte by byte, for which Swift's strings need to be told that they are bytes.
extension Substring {
  /// The rest after a prefix, or nil without it.
  func without(prefix: String) -> Substring? {
    guard utf8.starts(with: prefix.utf8) else { return nil }
    return self[utf8.index(startIndex, offsetBy: prefix.utf8.count)...]
  }

  /// What stands before a suffix, or nil without it.
  func without(suffix: String) -> Substring? {
    guard utf8.count >= suffix.utf8.count else { return nil }
    let end = utf8.index(endIndex, offsetBy: -suffix.utf8.count)
    return utf8[end...].elementsEqual(suffix.utf8) ? self[..<end] : nil
  }

  /// The first component of a path, all of it if there is but one.
  var firstComponent: Substring { self[..<(utf8.firstIndex(of: .slash) ?? endIndex)] }

  /// What follows the first component and its slash; nil if nothing does.
  var withoutFirstComponent: Substring? {
    utf8.firstIndex(of: .slash).map { self[utf8.index(after: $0)...] }
  }
}
