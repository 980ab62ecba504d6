import Checkpoints
import Kernels
import Tensors

/// What one direction of an LSTM reads.
package struct RecurrentInputs {
  /// What the tokens' inputs give the gates, biases included, `[tokens, 4 · hidden]`: input, forget, cell and output.
  package let gates: Node
  /// The recurrent weights, `[4 · hidden, hidden]`.
  package let weight: Node

  package init(gates: Node, weight: Node) {
    self.gates = gates
    self.weight = weight
  }
}

extension Tape {
  /// The states of a bidirectional long short-term memory, `[tokens, 2 · hidden]`: forward from the first token of each sequence beside
  /// backward from the last, both from zeros (Graves and Schmidhuber, "Framewise phoneme classification", 2005).
  ///
  /// - Parameters:
  ///   - ranges: the tokens of each sequence, which together are all rows.
  ///   - probability: of a unit's state being dropped before it meets the recurrent weights, for a whole sequence.
  package func recurrence(
    forward: RecurrentInputs, backward: RecurrentInputs, _ ranges: [Range<Int>],
    probability: Float = 0
  ) throws -> Node {
    let inputs = [forward, backward]
    let packed = PackedSequences(ranges)
    precondition(inputs.allSatisfy { $0.gates.rows == packed.rows })
    let work = try zip(Direction.allCases, inputs).map {
      try recurrentWork($0, $1, packed, probability: probability)
    }
    let states = try matrix(rows: packed.rows, columns: 2 * forward.weight.columns)
    let gates = inputs.map(\.gates.value)
    // The longest groups come first, both directions of each.
    try forEach(packed.groups.count * work.count) { piece in
      let (group, direction) = piece.quotientAndRemainder(dividingBy: work.count)
      work[direction].forward(packed.groups[group], gates[direction], into: states)
    }
    let slots = inputs.map { (gates: $0.gates.slot, weight: $0.weight.slot) }
    return record(states, fromAny: inputs.flatMap { [$0.gates, $0.weight] }) { [self] gradient in
      let dstates = gradient
      let targets = RecurrentTargets(inputs: try slots.map { try $0.gates?.target(self) })
      try forEach(packed.groups.count * work.count) { piece in
        let (group, direction) = piece.quotientAndRemainder(dividingBy: work.count)
        try work[direction].backward(packed.groups[group], dstates, targets.inputs[direction])
      }
      for (work, slot) in zip(work, slots) {
        guard let (target, adding) = try slot.weight?.target(self) else { continue }
        try multiply(work.gates.transposed, work.before.plain, into: target, adding: adding)
      }
    }
  }

  func recurrentWork(
    _ direction: Direction, _ inputs: RecurrentInputs, _ packed: PackedSequences,
    probability: Float
  ) throws -> RecurrentWork {
    let hidden = inputs.weight.columns
    precondition(inputs.weight.rows == 4 * hidden && inputs.gates.columns == 4 * hidden)
    return RecurrentWork(
      direction: direction, packed: packed, weight: inputs.weight.value,
      dropout: probability > 0 ? Dropout(probability: probability, key: nextKey()) : nil,
      gates: try matrix(rows: packed.rows, columns: 4 * hidden),
      cells: try matrix(rows: packed.rows, columns: hidden),
      before: try matrix(rows: packed.rows, columns: hidden), blas: blas)
  }

  /// Of states `[tokens, 2 · hidden]` the forward half at each sequence's last token beside the backward half at its first: of each
  /// direction the last that it comes to.
  package func lastStates(_ x: Node, of ranges: [Range<Int>]) throws -> Node {
    let hidden = x.columns / 2
    let y = try matrix(rows: ranges.count, columns: x.columns)
    for (row, range) in ranges.enumerated() {
      y.row(row).update(from: x.value.row(range.upperBound - 1), count: hidden)
      (y.row(row) + hidden).update(
        from: x.value.row(range.lowerBound) + hidden, count: x.columns - hidden)
    }
    let slot = x.slot
    return record(y, from: x) { [self] dy in
      guard let slot else { return }
      let (dx, adding) = try slot.target(self)
      if !adding { try clear(dx) }
      for (row, range) in ranges.enumerated() {
        let (forward, backward) = (dx.row(range.upperBound - 1), dx.row(range.lowerBound))
        for unit in 0..<hidden { forward[unit] += dy.row(row)[unit] }
        for unit in hidden..<dx.columns { backward[unit] += dy.row(row)[unit] }
      }
    }
  }
}

/// Where the gradients of both directions' inputs go; nil where one is not wanted.
private struct RecurrentTargets: Sendable {
  let inputs: [(matrix: Matrix, adding: Bool)?]
}
