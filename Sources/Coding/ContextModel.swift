import Tensors

/// The static model of byte symbols that stand in rows: levels of rows and columns, and which frequencies
/// hold under each sum of two levels.
struct ContextModel: Sendable, Equatable {
  static let mostTables = 16

  var levels = Levels()
  /// The table of each sum of levels: 0 first, then the same or the next.
  var tableOfSum = [UInt8](repeating: 0, count: Levels.sums)
  /// One at least.
  var tables: [FrequencyTable]

  /// The levels; the number of tables; for each how many sums it serves, if there are levels; then the
  /// tables, without gaps between their bits.
  func write(to bytes: inout [UInt8]) throws {
    try levels.write(to: &bytes)
    bytes.append(UInt8(tables.count))
    if !levels.isNone {
      for table in tables.indices {
        bytes.append(UInt8(tableOfSum.count { $0 == UInt8(table) }))
      }
    }
    var bits = BitWriter()
    for table in tables { table.write(to: &bits) }
    bytes += bits.finish()
  }

  init(_ tables: [FrequencyTable]) { self.tables = tables }

  init(from reader: inout ByteReader, rowLength: Int) throws {
    levels = try Levels(from: &reader, rowLength: rowLength)
    let count = try reader.byte("the number of tables", in: 1...Self.mostTables)
    if !levels.isNone {
      let left = Levels.sums
      var sums: [UInt8] = []
      for table in 0..<count {
        let served = try reader.byte("the sums of a table", in: 0...(left - sums.count))
        sums += [UInt8](repeating: UInt8(table), count: served)
      }
      guard sums.count == left else {
        throw Failure(
          CodingReason.beyond("the sums of all tables", found: sums.count, allowed: left...left))
      }
      tableOfSum = sums
    }
    tables = try reader.bits("the frequencies of symbols") { bits in
      try (0..<count).map { _ in try FrequencyTable(from: &bits) }
    }
  }

  /// For each row level the table of each column; nil where one table is all.
  func contexts(rowLength: Int) -> [UInt8]? {
    levels.isNone ? nil : levels.spread(tableOfSum, rowLength: rowLength)
  }
}
