/// SHA-256 (FIPS 180-4), to compare bytes with the goldens.
public func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
  var state = SHA256.initial
  let padded = SHA256.padding(after: bytes.count)
  let whole = bytes.count / 64 * 64
  for start in stride(from: 0, to: whole, by: 64) {
    SHA256.mix(UnsafeRawBufferPointer(rebasing: bytes[start..<(start + 64)]), into: &state)
  }
  let tail = [UInt8](bytes[whole...]) + padded
  tail.withUnsafeBytes { tail in
    for start in stride(from: 0, to: tail.count, by: 64) {
      SHA256.mix(UnsafeRawBufferPointer(rebasing: tail[start..<(start + 64)]), into: &state)
    }
  }
  return state.map { word in
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }.joined()
}

private enum SHA256 {
  /// The fractional parts of the square roots of the first eight primes.
  static let initial: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19,
  ]

  /// Those of the cube roots of the first 64 primes, computed: the golden tests would show an error.
  static let constants: [UInt32] = {
    var primes: [Int] = []
    var candidate = 2
    while primes.count < 64 {
      if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes.map(cubeRootFraction)
  }()

  /// The first 32 bits behind the point of a cube root, found by bisection in integers.
  private static func cubeRootFraction(of prime: Int) -> UInt32 {
    var (low, high): (UInt64, UInt64) = (0, 8 << 32)
    while high - low > 1 {
      let middle = (low + high) / 2
      // Whether the cube of middle / 2³² is at most the prime.
      let square = middle.multipliedFullWidth(by: middle)
      let (upper, lower) = (square.high, square.low)
      let low96 = lower.multipliedFullWidth(by: middle)
      let (sum, carry) = (upper &* middle).addingReportingOverflow(low96.high)
      let isBelow = !carry && sum >> 32 < UInt64(prime)
      if isBelow { low = middle } else { high = middle }
    }
    return UInt32(truncatingIfNeeded: low)
  }

  static func padding(after count: Int) -> [UInt8] {
    let zeros = (119 - count % 64) % 64
    let length = withUnsafeBytes(of: UInt64(count * 8).bigEndian) { [UInt8]($0) }
    return [0x80] + [UInt8](repeating: 0, count: zeros) + length
  }

  static func mix(_ block: UnsafeRawBufferPointer, into state: inout [UInt32]) {
    func turned(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }
    var schedule = (0..<16).map {
      UInt32(bigEndian: block.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self))
    }
    schedule.reserveCapacity(64)
    for index in 16..<64 {
      let (early, late) = (schedule[index - 15], schedule[index - 2])
      let first = turned(early, 7) ^ turned(early, 18) ^ early >> 3
      let second = turned(late, 17) ^ turned(late, 19) ^ late >> 10
      schedule.append(schedule[index - 16] &+ first &+ schedule[index - 7] &+ second)
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for index in 0..<64 {
      let first = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)
      let choice = e & f ^ ~e & g
      let one = h &+ first &+ choice &+ constants[index] &+ schedule[index]
      let second = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)
      let majority = a & b ^ a & c ^ b & c
      (h, g, f, e) = (g, f, e, d &+ one)
      (d, c, b, a) = (c, b, a, one &+ second &+ majority)
    }
    for (index, value) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= value }
  }
}
