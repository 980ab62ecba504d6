extension Tape {
  /// Some rows of a matrix, in the order given, such as the first token of each sequence.
  package func rows(_ indices: [Int], of x: Node) throws -> Node {
    let y = try matrix(rows: indices.count, columns: x.columns)
    for (row, index) in indices.enumerated() {
      y.row(row).update(from: x.value.row(index), count: x.columns)
    }
    let slot = x.slot
    return record(y, from: x) { [self] dy in
      guard let slot else { return }
      let (dx, adding) = try slot.target(self)
      if !adding { try clear(dx) }
      for (row, index) in indices.enumerated() {
        let (term, sum) = (dy.row(row), dx.row(index))
        for column in 0..<dx.columns { sum[column] += term[column] }
      }
    }
  }

  /// Some columns of a matrix, such as the scores of one of two questions.
  package func columns(_ range: Range<Int>, of x: Node) throws -> Node {
    let y = try matrix(rows: x.rows, columns: range.count)
    for row in 0..<x.rows {
      y.row(row).update(from: x.value.row(row) + range.lowerBound, count: range.count)
    }
    let slot = x.slot
    return record(y, from: x) { [self] dy in
      guard let slot else { return }
      let (dx, adding) = try slot.target(self)
      if !adding { try clear(dx) }
      for row in 0..<dy.rows {
        let (term, sum) = (dy.row(row), dx.row(row) + range.lowerBound)
        for column in 0..<range.count { sum[column] += term[column] }
      }
    }
  }

  /// The mean of the rows of each sequence.
  package func meanPool(_ x: Node, of ranges: [Range<Int>]) throws -> Node {
    let y = try matrix(rows: ranges.count, columns: x.columns)
    for (row, range) in ranges.enumerated() {
      let sum = y.row(row)
      sum.update(repeating: 0, count: x.columns)
      for token in range {
        let term = x.value.row(token)
        for column in 0..<x.columns { sum[column] += term[column] }
      }
      for column in 0..<x.columns { sum[column] /= Float(max(1, range.count)) }
    }
    let slot = x.slot
    return record(y, from: x) { [self] dy in
      guard let slot else { return }
      let (dx, adding) = try slot.target(self)
      if !adding { try clear(dx) }
      for (row, range) in ranges.enumerated() {
        let term = dy.row(row)
        for token in range {
          let sum = dx.row(token)
          for column in 0..<dx.columns { sum[column] += term[column] / Float(range.count) }
        }
      }
    }
  }

  /// The largest number of each column of the rows of each sequence; the first of equals gets the gradient.
  package func maxPool(_ x: Node, of ranges: [Range<Int>]) throws -> Node {
    let y = try matrix(rows: ranges.count, columns: x.columns)
    var places = [Int32](repeating: 0, count: y.count)
    for (row, range) in ranges.enumerated() {
      for column in 0..<x.columns {
        var best = range.lowerBound
        for token in range where x.value.row(token)[column] > x.value.row(best)[column] {
          best = token
        }
        places[row * x.columns + column] = Int32(best)
        y.row(row)[column] = x.value.row(best)[column]
      }
    }
    let (slot, chosen) = (x.slot, places)
    return record(y, from: x) { [self] dy in
      guard let slot else { return }
      let (dx, adding) = try slot.target(self)
      if !adding { try clear(dx) }
      for (index, row) in chosen.enumerated() {
        dx.row(Int(row))[index % dx.columns] += dy.start[index]
      }
    }
  }
}
