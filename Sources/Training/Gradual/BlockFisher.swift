import Checkpoints
import Kernels
import Passes
import Tensors

/// The empirical Fisher information of a model's matrices, in blocks that are taken to be independent: F = λ·I + 1/m · Σ g·gᵀ over the
/// gradients g of m batches (oBERT: Kurtic et al., 2022, equations 5 and 6).
///
/// The inverse is the one that the paper's recurrence by Woodbury's formula gives; here sums are kept, and inverted in double precision in the
/// end, which loses nothing to rounding where λ is tiny.
package final class BlockFisher {
  private let settings: CurvatureSettings
  private let threads: Int
  private let matrices: [Matrix]
  private var count = 0

  /// A matrix, and for each of its blocks the sum of g·gᵀ.
  private struct Matrix: @unchecked Sendable {
    let parameter: TrainableParameter
    let block: Shape
    let sums: FloatBuffer

    var size: Int { block.elementCount }
    var down: Int { parameter.rows / block[0] }
    var across: Int { parameter.columns / block[1] }
  }

  /// - Parameter pattern: what is going to be masked together, rows and columns: blocks lie along its longer side.
  /// - Throws: ``Failure`` if there is not enough memory.
  package init(
    of parameters: [TrainableParameter], pattern: Shape, _ settings: CurvatureSettings, threads: Int
  ) throws {
    self.settings = settings
    self.threads = threads
    matrices = try parameters.compactMap { parameter in
      guard case .dense = parameter.gradient, parameter.rows > 1, parameter.id.part == .whole,
        !parameter.isFrozen
      else { return nil }
      let block = settings.block(for: pattern, rows: parameter.rows, columns: parameter.columns)
      return Matrix(
        parameter: parameter, block: block,
        sums: try FloatBuffer(count: parameter.count * block.elementCount))
    }
  }

  /// Takes in the gradients of a batch.
  package func add() throws {
    count += 1
    try each { matrix, down in
      guard case .dense(let gradient) = matrix.parameter.gradient else { return }
      let (columns, size) = (matrix.parameter.columns, matrix.size)
      let (height, width) = (matrix.block[0], matrix.block[1])
      withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { values in
        for place in 0..<matrix.across {
          let start = gradient.start + down * height * columns + place * width
          for row in 0..<height {
            for column in 0..<width { values[row * width + column] = start[row * columns + column] }
          }
          let sums = matrix.sums.start + (down * matrix.across + place) * size * size
          for row in 0..<size {
            let value = values[row]
            if value == 0 { continue }
            for column in 0..<size { sums[row * size + column] += value * values[column] }
          }
        }
      }
    }
  }

  /// The inverses, as passes read them: `ROLE.inverse-fisher`. The sums are used up.
  package func statistics() throws -> Statistics {
    let (damping, share) = (settings.damping, 1 / Double(max(1, count)))
    try each { matrix, down in
      let size = matrix.size
      var values = [Double](repeating: 0, count: size * size)
      for place in 0..<matrix.across {
        let sums = matrix.sums.start + (down * matrix.across + place) * size * size
        for index in values.indices { values[index] = Double(sums[index]) * share }
        for index in 0..<size { values[index * size + index] += damping }
        SmallSystem.invert(&values, count: size)
        for index in values.indices { sums[index] = Float(values[index]) }
      }
    }
    let tensors = matrices.map { matrix in
      (
        "\(matrix.parameter.id.role).inverse-fisher",
        Tensor(
          matrix.sums, rows: matrix.down * matrix.across, columns: matrix.size * matrix.size
        ).reshaped([matrix.down, matrix.across, matrix.size, matrix.size])
      )
    }
    return Statistics(measured: Dictionary(uniqueKeysWithValues: tensors))
  }

  /// Goes through the rows of blocks of all matrices.
  private func each(_ body: @Sendable (Matrix, Int) -> Void) throws {
    let pieces = matrices.flatMap { matrix in (0..<matrix.down).map { (matrix, $0) } }
    try Workers.forEach(pieces, threads: threads) { body($0.0, $0.1) }
  }
}

/// How curvature is estimated.
///
/// As text, with the other words of a gradual pass: `block=16 gradients=256 damping=1e-7 rounds=1`.
package struct CurvatureSettings: Sendable, Equatable {
  /// The weights of a block, at least; those that are masked together stay together.
  package var size = 16
  /// How many batches' gradients are taken in.
  package var gradients = 256
  /// λ.
  package var damping = 1e-7
  /// In how many steps, each with gradients of its own, the pass goes from its last strength to the next.
  package var rounds = 1

  package init() {}

  /// Rows and columns of a block: the pattern's, repeated along its longer side as often as the size asks for and the matrix allows.
  func block(for pattern: Shape, rows: Int, columns: Int) -> Shape {
    let wanted = max(1, size / pattern.elementCount)
    let isTall = pattern[0] > pattern[1]
    let count = isTall ? rows / pattern[0] : columns / pattern[1]
    let times = (1...wanted).last { count % $0 == 0 } ?? 1
    return isTall ? [pattern[0] * times, pattern[1]] : [pattern[0], pattern[1] * times]
  }
}
