/// Random numbers that depend on nothing but keys: a seed, an epoch, an example (SplitMix64; Steele, Lea and Flood, 2014).
///
/// What is drawn for one example does not depend on what was drawn before, so that a run can be taken up anywhere.
package struct KeyedGenerator: Sendable {
  private var state: UInt64

  package init(_ keys: UInt64...) {
    state = keys.reduce(0) { Self.mixed(($0 ^ $1) &+ Self.increment) }
  }

  package mutating func next() -> UInt64 {
    state &+= Self.increment
    return Self.mixed(state)
  }

  /// A number from 0 up to a bound, each as likely as the others (Lemire, 2019).
  ///
  /// - Precondition: the bound is greater than 0.
  package mutating func below(_ bound: Int) -> Int {
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// From 0 up to 1.
  package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Every order is as likely as the others (Fisher and Yates).
  package mutating func shuffle<Element>(_ elements: inout [Element]) {
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, below(last + 1))
    }
  }

  /// So many of the numbers from 0 up to a bound, ascending; all, where there are no more.
  package mutating func choose(_ count: Int, of total: Int) -> [Int] {
    var order = Array(0..<total)
    shuffle(&order)
    return order.prefix(count).sorted()
  }

  private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

  private static func mixed(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
