extension Tape {
  /// The sums of rows of tables, row i that of the i-th index of every table.
  ///
  /// A parameter whose gradient is of rows gets one for the rows that were looked up.
  ///
  /// - Precondition: the tables are equally wide, there are as many indices for each, and all are rows of their table.
  package func lookUp(_ tables: [(indices: [Int32], table: TrainableParameter)]) throws -> Node {
    let seen = tables.filter { quantizers[ObjectIdentifier($0.table)] == nil }
    guard seen.count < tables.count else { return try lookUpPlainly(tables) }
    var terms = seen.isEmpty ? [] : [try lookUpPlainly(seen)]
    for (indices, table) in tables {
      guard let quantizer = quantizers[ObjectIdentifier(table)] else { continue }
      let whole = Matrix(rows: table.rows, columns: table.columns, over: table.values)
      terms.append(
        try fakeQuantize(
          try lookUpPlainly([(indices, table)]), scales: quantizer.observe(whole, rows: indices),
          codes: quantizer.codes))
    }
    return terms.count == 1 ? terms[0] : try sum(terms.map { (1, $0) })
  }

  private func lookUpPlainly(
    _ tables: [(indices: [Int32], table: TrainableParameter)]
  ) throws -> Node {
    let (count, width) = (tables[0].indices.count, tables[0].table.columns)
    for (indices, table) in tables {
      precondition(indices.count == count && table.columns == width)
      precondition(indices.allSatisfy { (0..<table.rows).contains(Int($0)) })
    }
    let sources = tables.map { EmbeddingSource(indices: $0.indices, start: $0.table.values.start) }
    let y = try matrix(rows: count, columns: width)
    let pieces = rowPieces(count, width: width)
    try forEach(pieces.count) { index in
      for row in pieces[index] {
        writeSum(of: sources, row, width: width, into: y.row(row))
      }
    }
    let trained = tables.filter { !$0.table.isFrozen }
    guard isRecording, !trained.isEmpty else { return Node(y) }
    let slot = GradientSlot(rows: count, columns: width)
    remember { [self] in
      guard let dy = slot.take() else { return }
      for (indices, table) in trained { try addRows(of: dy, indices, to: table) }
    }
    return Node(y, slot)
  }

  private func addRows(
    of dy: Matrix, _ indices: [Int32], to table: TrainableParameter
  ) throws {
    let uses = RowUses(indices)
    let mask = table.mask.map { TableMask(start: $0.start, columns: dy.columns) }
    let pieces = rowPieces(uses.rows.count, width: dy.columns)
    switch table.gradient {
    case .dense(let gradient):
      let start = SendablePointer(gradient.start)
      try forEach(pieces.count) { index in
        for place in pieces[index] {
          let sum = start.pointer + Int(uses.rows[place]) * dy.columns
          uses.add(dy, place, to: sum)
          mask?.apply(Int(uses.rows[place]), to: sum)
        }
      }
    case .rows(let gradient):
      let places = gradient.makeRoom(for: uses.rows)
      try gradient.values.withUnsafeMutableBufferPointer { values in
        let start = SendablePointer(values.baseAddress!)
        try forEach(pieces.count) { index in
          for place in pieces[index] {
            let sum = start.pointer + places[place] * dy.columns
            uses.add(dy, place, to: sum)
            mask?.apply(Int(uses.rows[place]), to: sum)
          }
        }
      }
    }
  }
}

private struct SendablePointer: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>
  init(_ pointer: UnsafeMutablePointer<Float>) { self.pointer = pointer }
}

/// A table and the rows of it that are looked up.
private struct EmbeddingSource: @unchecked Sendable {
  let indices: [Int32]
  let start: UnsafeMutablePointer<Float>
}

/// Which numbers of a table are pruned: they get no gradient.
private struct TableMask: @unchecked Sendable {
  let start: UnsafeMutablePointer<Float>
  let columns: Int

  func apply(_ row: Int, to gradient: UnsafeMutablePointer<Float>) {
    for column in 0..<columns { gradient[column] *= start[row * columns + column] }
  }
}

/// Writes the sum of one row of each table.
private func writeSum(
  of sources: [EmbeddingSource], _ row: Int, width: Int, into y: UnsafeMutablePointer<Float>
) {
  y.update(from: sources[0].start + Int(sources[0].indices[row]) * width, count: width)
  for source in sources.dropFirst() {
    let term = source.start + Int(source.indices[row]) * width
    for column in 0..<width { y[column] += term[column] }
  }
}

/// Which places look up each row of a table.
struct RowUses: Sendable {
  /// Ascending, each once.
  let rows: [Int32]
  private let places: [Int32]
  private let starts: [Int]

  init(_ indices: [Int32]) {
    let order = indices.indices.sorted { (indices[$0], $0) < (indices[$1], $1) }
    var rows: [Int32] = []
    var starts: [Int] = []
    for (place, index) in order.enumerated() where rows.last != indices[index] {
      rows.append(indices[index])
      starts.append(place)
    }
    self.rows = rows
    self.starts = starts + [order.count]
    places = order.map { Int32($0) }
  }

  /// Adds the rows of a matrix that belong to one row of the table, in their order.
  func add(_ matrix: Matrix, _ row: Int, to sum: UnsafeMutablePointer<Float>) {
    for place in starts[row]..<starts[row + 1] {
      let term = matrix.row(Int(places[place]))
      for column in 0..<matrix.columns { sum[column] += term[column] }
    }
  }
}

extension RowGradient {
  /// Adds rows of zeros for those that have no gradient yet.
  ///
  /// - Parameter wanted: rows, ascending, each once.
  /// - Returns: where each of them stands.
  func makeRoom(for wanted: [Int32]) -> [Int] {
    if rows.isEmpty {
      rows = wanted
      values = [Float](repeating: 0, count: wanted.count * columns)
      return Array(wanted.indices)
    }
    let known = rows
    let all = Set(known).union(wanted).sorted()
    let place = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1, $0) })
    if all.count > known.count {
      var room = [Float](repeating: 0, count: all.count * columns)
      for (index, row) in known.enumerated() {
        let target = place[row]! * columns
        room.replaceSubrange(
          target..<(target + columns), with: values[(index * columns)..<((index + 1) * columns)])
      }
      rows = all
      values = room
    }
    return wanted.map { place[$0]! }
  }
}
