/// A name with each run of digits taken out of it and `#` put in its place, so that the names of all
/// layers have one key.
struct CollapsedName {
  let key: String
  /// What the runs say; nil for one that is not the usual way to write a number below ``limit``.
  let numbers: [Int?]

  /// Above any layer's index.
  static let limit = 4096

  init(_ name: Substring) {
    var name = name
    (key, numbers) = name.withUTF8 { bytes in
      var numbers: [Int?] = []
      let key = String(unsafeUninitializedCapacity: bytes.count) { key in
        var count = 0
        var index = 0
        while index < bytes.count {
          let start = index
          while index < bytes.count, bytes[index].isDigit { index += 1 }
          if index > start {
            numbers.append(Self.number(bytes[start..<index]))
            key[count] = .hash
          } else {
            key[count] = bytes[index]
            index += 1
          }
          count += 1
        }
        return count
      }
      return (key, numbers)
    }
  }

  /// The value of a run of digits without leading zeros.
  private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    guard digits.count == 1 || digits.first != UInt8(ascii: "0"), digits.count <= 4 else {
      return nil
    }
    let value = digits.reduce(0) { $0 * 10 + $1.digit }
    return value < limit ? value : nil
  }
}
