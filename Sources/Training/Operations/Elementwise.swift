import Kernels

extension Tape {
  /// y = f(x), number by number.
  package func activation(_ function: ActivationFunction, _ x: Node) throws -> Node {
    let input = x.value
    let y = try matrix(rows: x.rows, columns: x.columns)
    let pieces = pieces(of: input.count)
    try forEach(pieces.count) { piece in
      let range = pieces[piece]
      function.values(
        of: input.start + range.lowerBound, into: y.start + range.lowerBound, count: range.count)
    }
    let slot = x.slot
    return record(y, from: x) { [self] dy in
      try own(&dy)
      let target = dy
      try forEach(pieces.count) { piece in
        let range = pieces[piece]
        function.multiplyBySlope(
          at: input.start + range.lowerBound, target.start + range.lowerBound, count: range.count)
      }
      try slot?.receive(dy, self)
    }
  }

  /// Drops numbers with a probability and scales the others up; which ones is worked out again in the backward pass.
  package func dropout(_ x: Node, probability: Float) throws -> Node {
    guard probability > 0 else { return x }
    let dropout = Dropout(probability: probability, key: nextKey())
    let y = try matrix(rows: x.rows, columns: x.columns)
    try run(dropout, on: x.value, into: y)
    let slot = x.slot
    return record(y, from: x) { [self] dy in
      try own(&dy)
      try run(dropout, on: dy, into: dy)
      try slot?.receive(dy, self)
    }
  }

  func run(_ dropout: Dropout, on x: Matrix, into y: Matrix) throws {
    let pieces = pieces(of: x.count)
    try forEach(pieces.count) { piece in
      let range = pieces[piece]
      dropout.run(
        x.start + range.lowerBound, into: y.start + range.lowerBound, count: range.count,
        from: range.lowerBound)
    }
  }

  /// The weighted sum of matrices of one shape, such as the losses of several tasks.
  package func sum(_ terms: [(weight: Float, node: Node)]) throws -> Node {
    precondition(!terms.isEmpty)
    let result = try matrix(rows: terms[0].node.rows, columns: terms[0].node.columns)
    try clear(result)
    for (weight, node) in terms { try add(node.value, times: weight, to: result) }
    let slots = terms.map { ($0.weight, $0.node.slot) }
    return record(result, fromAny: terms.map(\.node)) { [self] gradient in
      for (weight, slot) in slots {
        guard let slot else { continue }
        if weight == 1 {
          try slot.receive(gradient, self)
        } else {
          let part = try matrix(rows: gradient.rows, columns: gradient.columns)
          try clear(part)
          try add(gradient, times: weight, to: part)
          try slot.receive(part, self)
        }
      }
    }
  }
}
