import Glibc
import Tensors

/// How often each of 256 symbols is expected, in 4096ths: the model of a static coder.
///
/// Every symbol that occurs has at least 1; all add up to ``total``.
struct FrequencyTable: Sendable, Equatable {
  static let precision: UInt32 = 12
  static let total = 1 << Int(precision)
  static let symbols = 256

  private(set) var frequencies: [UInt16]

  /// The frequencies under which symbols that occur so often take the fewest bits.
  ///
  /// Rounds shares, then moves single steps to where they gain most, or cost least.
  init(counts: some Collection<Int>) {
    precondition(counts.count <= Self.symbols)
    frequencies = [UInt16](repeating: 0, count: Self.symbols)
    let counted = counts.enumerated().filter { $0.element > 0 }.map {
      ($0.offset, Double($0.element))
    }
    guard !counted.isEmpty else {
      frequencies[0] = UInt16(Self.total)
      return
    }
    let sum = counted.reduce(0) { $0 + $1.1 }
    var excess = -Self.total
    for (symbol, count) in counted {
      let share = max(1, Int((count / sum * Double(Self.total)).rounded()))
      frequencies[symbol] = UInt16(share)
      excess += share
    }
    while excess != 0 { excess += move(excess > 0 ? -1 : 1, among: counted) }
  }

  /// Adds a step to the symbol whose bits gain most by it, or takes one where they lose least.
  private mutating func move(_ step: Int, among counted: [(Int, Double)]) -> Int {
    var best = (symbol: -1, gain: -Double.infinity)
    for (symbol, count) in counted {
      let now = Double(frequencies[symbol])
      let then = now + Double(step)
      guard then >= 1 else { continue }
      let gain = count * log2(then / now)
      if gain > best.gain { best = (symbol, gain) }
    }
    frequencies[best.symbol] = UInt16(Int(frequencies[best.symbol]) + step)
    return step
  }

  /// The bits that symbols take that occur so often.
  func bits(counts: some Sequence<Int>) -> Double {
    zip(counts, frequencies).reduce(0) { bits, pair in
      pair.0 > 0 ? bits + Double(pair.0) * log2(Double(Self.total) / Double(pair.1)) : bits
    }
  }

  /// The sum of the frequencies of all symbols before each.
  var starts: [UInt16] {
    var sum: UInt16 = 0
    return frequencies.map { frequency in
      defer { sum += frequency }
      return sum
    }
  }
}

extension FrequencyTable {
  /// First and last symbol; then for each of them the change of the bit width of its frequency, in unary,
  /// and the bits below the highest.
  func write(to bits: inout BitWriter) {
    let first = frequencies.firstIndex { $0 > 0 }!
    let last = frequencies.lastIndex { $0 > 0 }!
    bits.write(UInt64(first), width: 8)
    bits.write(UInt64(last), width: 8)
    var width = Self.expectedWidth
    for frequency in frequencies[first...last] {
      let next = UInt16.bitWidth - frequency.leadingZeroBitCount
      let change = next - width
      // 0, −1, 1, −2, … in unary.
      let rank = change < 0 ? -2 * change - 1 : 2 * change
      bits.write((1 << UInt64(rank)) - 1, width: rank + 1)
      if next > 1 { bits.write(UInt64(frequency) & ((1 << UInt64(next - 1)) - 1), width: next - 1) }
      width = next
    }
  }

  init(from bits: inout BitReader) throws {
    frequencies = [UInt16](repeating: 0, count: Self.symbols)
    let first = try bits.read(width: 8)
    let last = try bits.read(width: 8)
    guard first <= last else {
      throw Failure(CodingReason.beyond("the last symbol", found: last, allowed: first...255))
    }
    var width = Self.expectedWidth
    var sum = 0
    for symbol in first...last {
      var rank = 0
      while try bits.readBit() == 1 {
        rank += 1
        guard rank <= 2 * Self.widest else {
          throw Failure(
            CodingReason.beyond("the change of a width", found: rank, allowed: 0...2 * Self.widest))
        }
      }
      width += rank % 2 == 1 ? -(rank + 1) / 2 : rank / 2
      guard (0...Self.widest).contains(width) else {
        throw Failure(
          CodingReason.beyond("the width of a frequency", found: width, allowed: 0...Self.widest))
      }
      let frequency = width > 1 ? 1 << (width - 1) | (try bits.read(width: width - 1)) : width
      frequencies[symbol] = UInt16(frequency)
      sum += frequency
    }
    guard sum == Self.total else { throw Failure(CodingReason.frequencies(sum: sum)) }
  }

  /// The widest frequency is the total itself.
  private static let widest = 13
  private static let expectedWidth = 4
}
