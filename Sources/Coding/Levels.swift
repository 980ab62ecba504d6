import Tensors

/// What is known of rows and columns before their elements are decoded: each has a level, and the sum of
/// the two names the context of the element where they meet.
///
/// Column levels stand in a stream's table, row levels in the chunk that has the rows.
struct Levels: Sendable, Equatable {
  /// Levels of rows, and of columns, are below this.
  static let limit = 16
  /// Sums of two levels are below this.
  static let sums = 2 * limit - 1

  /// One for each column; empty where all are 0.
  var columns: [UInt8]
  /// How often rows have each level; nil where all are 0.
  var rows: FrequencyTable?

  var isNone: Bool { columns.isEmpty && rows == nil }

  /// The levels of a row of a chunk, or 0.
  func row(_ index: Int, of levels: [UInt8]) -> Int { rows == nil ? 0 : Int(levels[index]) }

  /// For each row level one value for each column.
  func spread<Value>(_ values: [Value], rowLength: Int) -> [Value] {
    var result: [Value] = []
    for row in 0..<(rows == nil ? 1 : Self.limit) {
      for column in 0..<rowLength {
        result.append(values[row + (columns.isEmpty ? 0 : Int(columns[column]))])
      }
    }
    return result
  }

  /// A byte that says what is there, then the frequencies of row levels, then the levels of columns.
  func write(to bytes: inout [UInt8]) throws {
    bytes.append((rows == nil ? 0 : 1) | (columns.isEmpty ? 0 : 2))
    if let rows { Self.write(rows, to: &bytes) }
    if !columns.isEmpty {
      let table = Self.frequencies(of: columns)
      Self.write(table, to: &bytes)
      try Self.write(columns, under: table, to: &bytes)
    }
  }

  init(columns: [UInt8] = [], rows: FrequencyTable? = nil) {
    self.columns = columns
    self.rows = rows
  }

  init(from reader: inout ByteReader, rowLength: Int) throws {
    let parts = try reader.byte("the kinds of levels", in: 0...3)
    rows = parts & 1 == 0 ? nil : try Self.table(from: &reader)
    columns = []
    guard parts & 2 != 0 else { return }
    let table = try Self.table(from: &reader)
    columns = try Self.levels(rowLength, under: table, from: &reader)
  }

  func writeRows(_ levels: ArraySlice<UInt8>, to bytes: inout [UInt8]) throws {
    if let rows { try Self.write(Array(levels), under: rows, to: &bytes) }
  }

  func readRows(_ count: Int, from reader: inout ByteReader) throws -> [UInt8] {
    guard let rows else { return [] }
    return try Self.levels(count, under: rows, from: &reader)
  }

  static func frequencies(of levels: [UInt8]) -> FrequencyTable {
    var counts = [Int](repeating: 0, count: limit)
    for level in levels { counts[Int(level)] += 1 }
    return FrequencyTable(counts: counts)
  }
}

extension Levels {
  private static func write(_ table: FrequencyTable, to bytes: inout [UInt8]) {
    var bits = BitWriter()
    table.write(to: &bits)
    bytes += bits.finish()
  }

  private static func table(from reader: inout ByteReader) throws -> FrequencyTable {
    let table = try reader.bits("the frequencies of levels") { try FrequencyTable(from: &$0) }
    let last = table.frequencies.lastIndex { $0 > 0 }!
    guard last < limit else {
      throw Failure(CodingReason.beyond("a level", found: last, allowed: 0...(limit - 1)))
    }
    return table
  }

  /// The size of the coded bytes, then they: one coder, as there are few levels.
  private static func write(
    _ levels: [UInt8], under table: FrequencyTable, to bytes: inout [UInt8]
  ) throws {
    let model = SymbolModel([table])
    let coded = try ANSEncoder.encode(count: levels.count, lanes: 1) { encoder in
      levels.withUnsafeBufferPointer { levels in
        guard let first = levels.baseAddress else { return }
        model.put(first, levels.count, contexts: nil, lanes: 1, into: &encoder)
      }
    }
    bytes.appendNumber(coded.count)
    bytes += coded
  }

  private static func levels(
    _ count: Int, under table: FrequencyTable, from reader: inout ByteReader
  ) throws -> [UInt8] {
    let size = try reader.number("the size of levels")
    var decoder = try ANSDecoder(reader.bytes(size, "the levels"), lanes: 1)
    let levels = try decoder.symbolsOfOneLane(count, slots: SlotTable.tables([table]))
    try decoder.finish()
    return levels
  }
}
