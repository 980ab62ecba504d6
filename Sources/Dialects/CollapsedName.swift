/// A name with each run of digits taken out of it and `#` put in its place, so that the names of all
/// layers have one key.
struct CollapsedName {
  let key: String
  /// What the runs say; nil for one that is not the usual way to write a number below ``limit``.
  let numbers: [Int?]

  /// Above any layer's index.
  static let limit = 4096

  init(_ name: Substring) {
    var key: [UInt8] = []
    var numbers: [Int?] = []
    var run: [UInt8] = []
    func closeRun() {
      guard !run.isEmpty else { return }
      key.append(UInt8(ascii: "#"))
      numbers.append(Self.number(run))
      run.removeAll(keepingCapacity: true)
    }
    key.reserveCapacity(name.utf8.count)
    for byte in name.utf8 {
      if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
        run.append(byte)
      } else {
        closeRun()
        key.append(byte)
      }
    }
    closeRun()
    self.key = String(decoding: key, as: UTF8.self)
    self.numbers = numbers
  }

  /// The value of a run of digits without leading zeros.
  private static func number(_ digits: [UInt8]) -> Int? {
    guard digits.count == 1 || digits[0] != UInt8(ascii: "0"), digits.count <= 4 else { return nil }
    let value = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    return value < limit ? value : nil
  }
}
