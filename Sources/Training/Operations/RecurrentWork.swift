import Checkpoints
import Kernels
import Tensors

/// One direction of an LSTM over a batch: what its pieces, a group of sequences each, have in common.
///
/// Rows of what is kept for the backward pass are those of ``PackedSequences``.
struct RecurrentWork: Sendable {
  let direction: Direction
  let packed: PackedSequences
  /// `[4 · hidden, hidden]`.
  let weight: Matrix
  /// What is dropped of the state before: of a unit of a sequence the same at all times (Gal and Ghahramani, "A Theoretically
  /// Grounded Application of Dropout in Recurrent Neural Networks", 2016).
  let dropout: Dropout?
  /// `[tokens, 4 · hidden]`: the values of the gates, and then their gradient.
  let gates: Matrix
  /// `[tokens, hidden]`.
  let cells: Matrix
  /// The states that the recurrent weights met, after dropout, `[tokens, hidden]`.
  let before: Matrix
  let blas: OpenBLAS

  private var hidden: Int { weight.columns }
  /// Where the direction's half of the states begins.
  private var column: Int { direction == .forward ? 0 : hidden }

  /// - Parameters:
  ///   - inputs: what the tokens' inputs give the gates, `[tokens, 4 · hidden]`.
  ///   - states: `[tokens, 2 · hidden]`.
  func forward(_ group: PackedSequences.Group, _ inputs: Matrix, into states: Matrix) {
    for (time, rows) in group.times.enumerated() {
      for (place, row) in rows.enumerated() {
        let token = group.token(place, at: time, direction)
        gates.row(row).update(from: inputs.row(token), count: gates.columns)
        recall(group, place, time, states, into: before.row(row))
      }
      if time > 0 {
        blas.multiply(
          Factor(start: before.row(rows.lowerBound), stride: hidden),
          Factor(start: weight.start, stride: hidden, isTransposed: true), rows: rows.count,
          inner: hidden, columns: gates.columns, into: gates.row(rows.lowerBound),
          stride: gates.columns, adding: true)
      }
      for (place, row) in rows.enumerated() {
        MemoryCells.run(
          gates.row(row), before: cellsBefore(group, place, time), hidden: hidden,
          into: cells.row(row),
          states: states.row(group.token(place, at: time, direction)) + column)
      }
    }
  }

  /// Writes the state that a sequence comes from, after dropout.
  private func recall(
    _ group: PackedSequences.Group, _ place: Int, _ time: Int, _ states: Matrix,
    into target: UnsafeMutablePointer<Float>
  ) {
    guard time > 0 else { return target.update(repeating: 0, count: hidden) }
    let state = states.row(group.token(place, at: time - 1, direction)) + column
    guard let dropout else { return target.update(from: state, count: hidden) }
    dropout.run(state, into: target, count: hidden, from: group.sequences[place] * hidden)
  }

  /// Nil where they are zero.
  private func cellsBefore(
    _ group: PackedSequences.Group, _ place: Int, _ time: Int
  ) -> UnsafePointer<Float>? {
    time > 0 ? UnsafePointer(cells.row(group.times[time - 1].lowerBound + place)) : nil
  }

  /// Goes back through time.
  ///
  /// - Parameters:
  ///   - dstates: the gradient of the states, `[tokens, 2 · hidden]`.
  ///   - dinputs: where that of the inputs goes, if it is wanted.
  func backward(
    _ group: PackedSequences.Group, _ dstates: Matrix, _ dinputs: (matrix: Matrix, adding: Bool)?
  ) throws {
    let count = group.sequences.count * hidden
    try withScratch(2 * count * MemoryLayout<Float>.stride) { scratch in
      let states = scratch.baseAddress!.assumingMemoryBound(to: Float.self)
      let cells = states + count
      states.update(repeating: 0, count: 2 * count)
      for time in group.times.indices.reversed() {
        step(group, time, dstates, states, cells)
        if let dinputs { hand(group, time, to: dinputs) }
      }
    }
  }

  /// One time: from the gradients that later times have of its states and cells to those of the time before.
  private func step(
    _ group: PackedSequences.Group, _ time: Int, _ dstates: Matrix,
    _ states: UnsafeMutablePointer<Float>, _ cells: UnsafeMutablePointer<Float>
  ) {
    let rows = group.times[time]
    for (place, row) in rows.enumerated() {
      let state = states + place * hidden
      let read = dstates.row(group.token(place, at: time, direction)) + column
      for unit in 0..<hidden { state[unit] += read[unit] }
      MemoryCells.gradient(
        gates.row(row), cells: self.cells.row(row), before: cellsBefore(group, place, time),
        hidden: hidden, dstates: state, dcells: cells + place * hidden)
    }
    guard time > 0 else { return }
    blas.multiply(
      Factor(start: gates.row(rows.lowerBound), stride: gates.columns),
      Factor(start: weight.start, stride: hidden), rows: rows.count, inner: gates.columns,
      columns: hidden, into: states, stride: hidden)
    guard let dropout else { return }
    for place in 0..<rows.count {
      let state = states + place * hidden
      dropout.run(state, into: state, count: hidden, from: group.sequences[place] * hidden)
    }
  }

  /// The gradient of a time's gates is that of what the inputs gave them.
  private func hand(
    _ group: PackedSequences.Group, _ time: Int, to target: (matrix: Matrix, adding: Bool)
  ) {
    for (place, row) in group.times[time].enumerated() {
      let (term, sum) = (
        gates.row(row), target.matrix.row(group.token(place, at: time, direction))
      )
      if target.adding {
        for index in 0..<gates.columns { sum[index] += term[index] }
      } else {
        sum.update(from: term, count: gates.columns)
      }
    }
  }
}
