import Tensors

/// What becomes of the moments when a compression changes parameters.
///
/// The order is: ``Optimizer/flush()``, the change of the parameters, one of these for each, ``Optimizer/track(_:)`` with the new parameters.
extension Optimizer {
  /// Keeps the moments of the rows and columns that a parameter keeps, in the order given; nil for all.
  package func slice(
    _ id: TrainableParameter.ID, rows: [Int]? = nil, columns: [Int]? = nil
  ) throws {
    guard let old = settled(id) else { return }
    let new = try Moments(
      rows: rows?.count ?? old.rows, columns: columns?.count ?? old.columns,
      count: old.buffers.count)
    new.steps = old.steps
    let rows = rows ?? Array(0..<old.rows)
    if let live = old.idle?.isLive { new.idle = IdleRows(isLive: rows.map { live[$0] }) }
    for (target, source) in zip(new.buffers, old.buffers) {
      for (place, row) in rows.enumerated() where old.idle?.isLive[row] ?? true {
        let (to, from) = (target.start + place * new.columns, source.start + row * old.columns)
        guard let columns else {
          to.update(from: from, count: new.columns)
          continue
        }
        for (place, column) in columns.enumerated() { to[place] = from[column] }
      }
    }
    moments[id] = new
  }

  /// Clears weights that a parameter's mask prunes, and their moments.
  package func mask(_ parameter: TrainableParameter) {
    guard let mask = parameter.mask else { return }
    for buffer in [parameter.values] + (moments[parameter.id]?.buffers ?? []) {
      clear(buffer.start, where: mask.start, parameter.count)
    }
  }

  /// Begins a parameter's moments anew, as those of no step.
  package func reset(_ parameter: TrainableParameter) throws {
    moments[parameter.id] = try fresh(for: parameter)
  }

  /// Moments without weights that wait for their decay.
  private func settled(_ id: TrainableParameter.ID) -> Moments? {
    guard let known = moments[id] else { return nil }
    precondition(known.idle?.pending.isEmpty ?? true, "rows wait for their decay: \(id)")
    return known
  }

  /// Gives the factors of a matrix the moments that it had.
  ///
  /// Where W = L·R, the gradient of L is G·Rᵀ and that of R is Lᵀ·G, G being that of W; both are linear in G, so the factors' first moments
  /// follow exactly from that of W: m·Rᵀ and Lᵀ·m. Second moments are taken as if the gradients of different weights were
  /// uncorrelated, v·(R∘R)ᵀ and (L∘L)ᵀ·v, but no less than the square of the first ones (bias corrected), so that no step is longer
  /// than Adam's ever are. The number of steps goes on.
  package func reproject(
    _ id: TrainableParameter.ID, left: TrainableParameter, right: TrainableParameter
  ) throws {
    guard let whole = settled(id) else { return }
    let (rows, rank, columns) = (left.rows, left.columns, right.columns)
    precondition(whole.rows == rows && whole.columns == columns && right.rows == rank)
    let leftMoments = try fresh(for: left)
    let rightMoments = try fresh(for: right)
    for (order, moment) in whole.buffers.enumerated() {
      // Squares for the second moment.
      let power = { (values: [Float]) in order == 0 ? values : values.map { $0 * $0 } }
      let (l, r, m) = (power(left.values.array), power(right.values.array), moment.array)
      let ofLeft = try product(
        m, transposed(r, rows: rank, columns: columns), rows: rows, inner: columns, columns: rank)
      let ofRight = try product(
        transposed(l, rows: rows, columns: rank), m, rows: rank, inner: rows, columns: columns)
      for (target, values) in [
        (leftMoments.buffers[order], ofLeft), (rightMoments.buffers[order], ofRight),
      ] {
        target.write(values)
      }
    }
    for moments in [leftMoments, rightMoments] {
      moments.steps = whole.steps
      raise(moments)
    }
    if case .rows = left.gradient, let live = whole.idle?.isLive {
      leftMoments.idle = IdleRows(isLive: live)
    } else {
      leftMoments.idle = nil
    }
    rightMoments.idle = nil
    moments[id] = nil
    moments[left.id] = leftMoments
    moments[right.id] = rightMoments
  }

  /// Raises second moments to the least that they can be.
  private func raise(_ moments: Moments) {
    guard moments.buffers.count == 2 else { return }
    let share = Float(rule.leastSquare(afterSteps: moments.steps))
    let (first, second) = (moments.buffers[0].start, moments.buffers[1].start)
    for index in 0..<(moments.rows * moments.columns) {
      let least = share * first[index] * first[index]
      if second[index] < least { second[index] = least }
    }
  }

  private func product(
    _ left: [Float], _ right: [Float], rows: Int, inner: Int, columns: Int
  ) throws -> [Float] {
    try MatrixProduct(left: left, right: right, rows: rows, inner: inner, columns: columns)
      .value(threads: threads)
  }
}

extension FloatBuffer {
  /// Writes what is not zero, so that memory is taken for that only.
  fileprivate func write(_ values: [Float]) {
    for (index, value) in values.enumerated() where value != 0 { start[index] = value }
  }
}

private func transposed(_ matrix: [Float], rows: Int, columns: Int) -> [Float] {
  var result = [Float](repeating: 0, count: matrix.count)
  for row in 0..<rows {
    for column in 0..<columns { result[column * rows + row] = matrix[row * columns + column] }
  }
  return result
}
