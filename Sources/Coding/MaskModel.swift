import Tensors

/// The static model of a mask: how dense it is where a row and a column meet, or how often each pattern of
/// 8 neighbours occurs, which suits masks that keep so many of each group.
enum MaskModel: Sendable, Equatable {
  /// Byte codes of the probability under each sum of levels; see ``Probability``.
  case densities(Levels, [UInt8])
  case patterns(FrequencyTable)

  /// A byte: 0, the levels, and the densities of all sums up to the last that occurs, their number first;
  /// or 1 and the frequencies of patterns.
  func write(to bytes: inout [UInt8]) throws {
    switch self {
    case .densities(let levels, let densities):
      bytes.append(0)
      try levels.write(to: &bytes)
      bytes.append(UInt8(densities.count))
      bytes += densities
    case .patterns(let table):
      bytes.append(1)
      var bits = BitWriter()
      table.write(to: &bits)
      bytes += bits.finish()
    }
  }

  init(from reader: inout ByteReader, rowLength: Int) throws {
    guard try reader.byte("the kind of a mask", in: 0...1) == 0 else {
      self = .patterns(try reader.bits("the frequencies of patterns") { try .init(from: &$0) })
      return
    }
    let levels = try Levels(from: &reader, rowLength: rowLength)
    let count = try reader.byte("the number of densities", in: 1...Levels.sums)
    let densities = try (0..<count).map { _ in try reader.byte("a density") }
    for density in densities where Probability.parts(density) == nil {
      throw Failure(
        CodingReason.beyond("a density", found: Int(density & 0x7F), allowed: Probability.allowed))
    }
    self = .densities(levels, densities)
  }
}

/// Probabilities of a bit in a byte each, in 2¹⁴ parts: the lesser of the two with 3 bits below its
/// highest, and in the highest bit of the byte whether it is that of a 0.
enum Probability {
  /// The lower 7 bits of a byte: those of nothing, and of more than a half, are none.
  static let allowed = 1...88

  /// The parts of a 1, or nil where the byte is none.
  static func parts(_ byte: UInt8) -> UInt16? {
    let lower = Int(byte & 0x7F)
    guard allowed.contains(lower) else { return nil }
    let lesser = lower < 8 ? lower : (8 + lower & 7) << (lower / 8 - 1)
    return UInt16(byte & 0x80 == 0 ? lesser : Int(BitModel.total) - lesser)
  }

  /// The byte under which bits take the fewest bits of which so many are 1.
  static func byte(ones: Int, of count: Int) -> UInt8 {
    let lesser = min(ones, count - ones)
    let share = count == 0 ? 0.5 : Double(lesser) / Double(count) * Double(BitModel.total)
    let lower = allowed.min { distance($0, share) < distance($1, share) }!
    return UInt8(lower) | (ones > count - ones ? 0x80 : 0)
  }

  private static func distance(_ lower: Int, _ share: Double) -> Double {
    abs(Double(parts(UInt8(lower))!) - share)
  }
}
