import Checkpoints
import Kernels
import Tensors

/// How much each head and each neuron of a layer matters.
///
/// From weights alone it is the Frobenius norm of what a head adds, W_O · W_V over its features, and of what a neuron
/// does, the product of the norms of its row and its column: neither changes when a factor moves from one of the two
/// matrices to the other. Queries and keys only say where a head looks. From statistics it is the sum over the weights of W_O
/// (heads), of both feed-forward matrices (neurons), as ROSITA has it (Liu et al., 2021), or the number that is given for each.
struct Importance {
  let checkpoint: Checkpoint
  let statistics: Statistics?
  let threads: Int

  /// - Parameter layer: a stored layer of the checkpoint.
  func heads(ofLayer layer: Int, count: Int) throws -> [Double] {
    if let statistics {
      return try measured(statistics, layer, count, [(.attentionOutput, .columns)])
    }
    let output = try values(layer, .attentionOutput)
    let value = try values(layer, .value)
    let width = value.rows / count
    return (0..<count).map { head in
      let features = (head * width)..<((head + 1) * width)
      return output.columnProducts(features).dot(value.rowProducts(features)).squareRoot()
    }
  }

  /// - Parameter layer: a stored layer of the checkpoint.
  func neurons(ofLayer layer: Int, count: Int) throws -> [Double] {
    if let statistics {
      return try measured(statistics, layer, count, [(.intermediate, .rows), (.output, .columns)])
    }
    let rows = try values(layer, .intermediate).squares(along: .rows)
    let columns = try values(layer, .output).squares(along: .columns)
    return zip(rows, columns).map { ($0 * $1).squareRoot() }
  }

  enum Axis { case rows, columns }

  /// Sums of what was measured, over the weights of each head or neuron.
  private func measured(
    _ statistics: Statistics, _ layer: Int, _ count: Int, _ parts: [(LayerModule, Axis)]
  ) throws -> [Double] {
    var sums = [Double](repeating: 0, count: count)
    var found = false
    for (part, axis) in parts {
      let role = Role(.layer(layer, part), .weight)
      guard let (shape, values) = try statistics.importance(role) else { continue }
      found = true
      if shape == [count] {
        for (index, value) in values.enumerated() { sums[index] += Double(value) }
        continue
      }
      let parameter = try self.parameter(role)
      guard shape == parameter.shape else {
        throw Failure(
          StatisticsReason.shape(shape, expected: parameter.shape),
          at: Place(file: statistics.path, tensor: "\(role).importance"))
      }
      let matrix = Matrix(values, rows: shape[0], columns: shape[1])
      let each = matrix.sums(along: axis)
      for (index, value) in each.enumerated() { sums[index / (each.count / count)] += value }
    }
    guard found else {
      let roles = parts.map { "\(Role(.layer(layer, $0.0), .weight)).importance" }
      throw Failure(
        PassReason.unfit(
          pass: Shrink.declaration.name,
          why: "the statistics hold no \(roles.joined(separator: " or "))"),
        at: Place(file: statistics.path))
    }
    return sums
  }

  private func parameter(_ role: Role) throws -> Parameter {
    guard let parameter = checkpoint.parameter(role) else {
      throw Shrink.unfit("there is no \(role)")
    }
    return parameter
  }

  private func values(_ layer: Int, _ part: LayerModule) throws -> Matrix {
    let parameter = try parameter(Role(.layer(layer, part), .weight))
    do {
      let values = try parameter.storage.values(of: parameter.shape)
      return Matrix(values, rows: parameter.shape[0], columns: parameter.shape[1])
    } catch let failure as Failure {
      throw failure.within(Place(tensor: parameter.name))
    }
  }
}

/// A row-major matrix in memory, and sums over it in double precision.
private struct Matrix {
  let values: [Float]
  let rows: Int
  let columns: Int

  init(_ values: [Float], rows: Int, columns: Int) {
    self.values = values
    self.rows = rows
    self.columns = columns
  }

  func sums(along axis: Importance.Axis) -> [Double] { reduce(axis) { $0 } }

  func squares(along axis: Importance.Axis) -> [Double] { reduce(axis) { $0 * $0 } }

  private func reduce(_ axis: Importance.Axis, _ term: (Double) -> Double) -> [Double] {
    var sums = [Double](repeating: 0, count: axis == .rows ? rows : columns)
    for row in 0..<rows {
      for column in 0..<columns {
        sums[axis == .rows ? row : column] += term(Double(values[row &* columns &+ column]))
      }
    }
    return sums
  }

  /// The products of some rows with one another, `[n, n]`.
  func rowProducts(_ some: Range<Int>) -> [Double] {
    products(some) { left, right in
      var sum = 0.0
      for column in 0..<columns {
        sum +=
          Double(values[left &* columns &+ column]) * Double(values[right &* columns &+ column])
      }
      return sum
    }
  }

  /// The products of some columns with one another, `[n, n]`.
  func columnProducts(_ some: Range<Int>) -> [Double] {
    let count = some.count
    var sums = [Double](repeating: 0, count: count * count)
    for row in 0..<rows {
      let start = row &* columns &+ some.lowerBound
      for left in 0..<count {
        let factor = Double(values[start &+ left])
        for right in 0..<count {
          sums[left &* count &+ right] += factor * Double(values[start &+ right])
        }
      }
    }
    return sums
  }

  private func products(_ some: Range<Int>, _ product: (Int, Int) -> Double) -> [Double] {
    some.flatMap { left in some.map { right in product(left, right) } }
  }
}

extension [Double] {
  /// The trace of the product of two symmetric matrices. Of W_Oᵀ·W_O and W_V·W_Vᵀ it is the square of the norm of W_O·W_V.
  fileprivate func dot(_ other: [Double]) -> Double {
    Swift.max(0, zip(self, other).reduce(0) { $0 + $1.0 * $1.1 })
  }
}
