import Tensors

/// What a decoder looks up: for each of 4096 slots the symbol that owns it, and how the state goes on.
///
/// An entry is `bias << 20 | (frequency − 1) << 8 | symbol`, the bias being the slot's place among its
/// symbol's.
enum SlotTable {
  static let size = FrequencyTable.total
  static let mask = UInt32(size - 1)

  @inline(__always) static func frequency(_ entry: UInt32) -> UInt32 { (entry >> 8 & mask) &+ 1 }
  @inline(__always) static func bias(_ entry: UInt32) -> UInt32 { entry >> 20 }

  /// The tables of some frequencies, one after another.
  ///
  /// - Parameter flip: bits in which a symbol differs from what is written for it.
  static func tables(_ frequencies: [FrequencyTable], flip: UInt8 = 0) -> [UInt32] {
    var slots: [UInt32] = []
    slots.reserveCapacity(size * frequencies.count)
    for table in frequencies {
      for (symbol, frequency) in table.frequencies.enumerated() {
        let written = UInt32(UInt8(symbol) ^ flip)
        for bias in 0..<UInt32(frequency) {
          slots.append(bias << 20 | (UInt32(frequency) - 1) << 8 | written)
        }
      }
    }
    return slots
  }
}

/// What an encoder looks up: for each symbol of each table `start << 16 | frequency`.
struct SymbolModel: Sendable {
  private let entries: [UInt32]

  init(_ tables: [FrequencyTable]) {
    entries = tables.flatMap { table in
      zip(table.starts, table.frequencies).map { UInt32($0) << 16 | UInt32($1) }
    }
  }

  /// Codes symbols, the n-th with lane n mod `lanes`, in the tables that contexts name.
  ///
  /// Marks the encoder where a symbol is not in its table.
  @inline(__always)
  func put(
    _ symbols: UnsafePointer<UInt8>, _ count: Int, contexts: UnsafePointer<UInt8>?, lanes: Int,
    into encoder: inout ANSEncoder
  ) {
    entries.withUnsafeBufferPointer { entries in
      var index = count
      while index > 0 {
        index &-= 1
        let table = contexts.map { Int($0[index]) } ?? 0
        let entry = entries[table &* FrequencyTable.symbols &+ Int(symbols[index])]
        guard entry & 0xFFFF != 0 else {
          encoder.hasMissed = true
          continue
        }
        encoder.put(
          lane: index & (lanes &- 1), frequency: entry & 0xFFFF, start: entry >> 16,
          precision: FrequencyTable.precision)
      }
    }
  }
}

/// The probabilities of bits.
enum BitModel {
  static let precision: UInt32 = 14
  static let total: UInt32 = 1 << precision

  /// Codes bits, the n-th with lane n mod 8. Ones have the first slots.
  @inline(__always)
  static func put(
    _ bits: UnsafePointer<UInt8>, _ count: Int, probabilities: UnsafePointer<UInt16>,
    into encoder: inout ANSEncoder
  ) {
    var index = count
    while index > 0 {
      index &-= 1
      let ones = UInt32(probabilities[index])
      let isOne = bits[index] != 0
      encoder.put(
        lane: index & 7, frequency: isOne ? ones : total &- ones, start: isOne ? 0 : ones,
        precision: precision)
    }
  }
}
