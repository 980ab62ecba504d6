/// Keys for streams of random numbers, one for each operation of each step: they depend on the seed, the step and how many operations
/// drew before, and on nothing else.
struct RandomKeys {
  private let seed: UInt64
  private var step: UInt64 = 0
  private var operation: UInt64 = 0

  init(seed: UInt64) { self.seed = seed }

  mutating func begin(step: Int) {
    self.step = UInt64(bitPattern: Int64(step))
    operation = 0
  }

  mutating func next() -> UInt64 {
    defer { operation += 1 }
    return Self.mixed(Self.mixed(Self.mixed(seed) &+ step) &+ operation)
  }

  /// SplitMix64 (Steele et al., "Fast Splittable Pseudorandom Number Generators", 2014).
  static func mixed(_ bits: UInt64) -> UInt64 {
    var z = bits &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
