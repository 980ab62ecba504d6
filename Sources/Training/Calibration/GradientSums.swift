import Checkpoints
import Tensors

/// Sums of what the gradients of single examples say: of each weight its square (the diagonal of the empirical Fisher information), and of each
/// head and neuron the derivative by a mask that would take it out.
///
/// A mask m_j multiplies column j of what a linear is fed, so that ∂L/∂m_j = Σ_i W_ij ∂L/∂W_ij at m = 1: of a head the sum over
/// its columns.
final class GradientSums {
  private let parameters: [TrainableParameter]
  private let squares: [TrainableParameter.ID: FloatBuffer]
  /// What a mask of each head or neuron stands before: the columns of each.
  private let masked: [(parameter: TrainableParameter, width: Int)]
  private var masks: [Role: [Float]] = [:]
  private var count = 0
  private let threads: Int

  /// - Throws: ``Failure`` where there is not enough memory.
  init(of model: TrainableModel, _ settings: CalibrationSettings) throws {
    parameters = model.parameters
    threads = settings.threads
    var squares: [TrainableParameter.ID: FloatBuffer] = [:]
    if settings.measures.contains(.fisher) {
      for parameter in model.parameters where parameter.rows > 1 && parameter.id.part == .whole {
        squares[parameter.id] = try FloatBuffer(count: parameter.count)
      }
    }
    self.squares = squares
    masked = settings.measures.contains(.masks) ? model.maskedColumns : []
  }

  /// Takes in the gradients of one example, and sets them back to zero.
  func add() throws {
    count += 1
    for (parameter, width) in masked {
      guard case .dense(let gradient) = parameter.gradient else { continue }
      masks[parameter.id.role, default: []] += parameter.maskDerivatives(gradient, width: width)
    }
    let pieces = parameters.map { Piece(parameter: $0, sums: squares[$0.id]) }
    try Workers.forEach(pieces, threads: threads) { piece in
      if let sums = piece.sums { piece.parameter.addSquares(to: sums) }
      piece.parameter.clearGradient()
    }
  }

  /// A parameter that one thread works on.
  private struct Piece: @unchecked Sendable {
    let parameter: TrainableParameter
    let sums: FloatBuffer?
  }

  /// `ROLE.fisher`, of the weight's shape, and `ROLE.masks` `[examples, heads or neurons]`.
  var tensors: [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    let share = 1 / Float(max(1, count))
    for parameter in parameters {
      guard let sums = squares[parameter.id] else { continue }
      for index in 0..<sums.count { sums.start[index] *= share }
      tensors["\(parameter.id.role).fisher"] = Tensor(
        sums, rows: parameter.rows, columns: parameter.columns)
    }
    for (role, values) in masks where count > 0 {
      tensors["\(role).masks"] = Tensor(
        .f32, [count, values.count / count],
        source: MemorySource(values.withUnsafeBytes { [UInt8]($0) }))
    }
    return tensors
  }
}

extension TrainableModel {
  /// The linears behind a layer's heads and behind its neurons, and how many of their columns a head or a neuron is.
  fileprivate var maskedColumns: [(parameter: TrainableParameter, width: Int)] {
    guard let encoder = architecture.encoder else { return [] }
    return parameters.compactMap { parameter in
      guard parameter.rows > 1, parameter.id.role.kind == .weight, parameter.id.part != .left,
        case .layer(let index, let part) = parameter.id.role.module
      else { return nil }
      let shape = encoder.layers.indices.first { encoder.storedLayer(runAs: $0) == index }
        .map { encoder.layers[$0] }
      switch part {
      case .output: return (parameter, 1)
      case .attentionOutput:
        guard let shape, let heads = shape.heads, heads > 0, shape.attention % heads == 0 else {
          return nil
        }
        return (parameter, shape.attention / heads)
      default: return nil
      }
    }
  }
}

extension TrainableParameter {
  /// Adds the squares of the gradient's numbers to sums.
  fileprivate func addSquares(to sums: FloatBuffer) {
    switch gradient {
    case .dense(let gradient):
      for index in 0..<count { sums.start[index] += gradient.start[index] * gradient.start[index] }
    case .rows(let gradient):
      for (place, row) in gradient.rows.enumerated() {
        let target = sums.start + Int(row) * columns
        for column in 0..<columns {
          let value = gradient.values[place * columns + column]
          target[column] += value * value
        }
      }
    }
  }

  /// Σ W ∂L/∂W over the columns of each mask.
  fileprivate func maskDerivatives(_ gradient: FloatBuffer, width: Int) -> [Float] {
    var sums = [Float](repeating: 0, count: columns)
    for row in 0..<rows {
      let (weights, slopes) = (values.start + row * columns, gradient.start + row * columns)
      for column in 0..<columns { sums[column] += weights[column] * slopes[column] }
    }
    guard width > 1 else { return sums }
    return stride(from: 0, to: columns, by: width).map { first in
      sums[first..<(first + width)].reduce(0, +)
    }
  }
}
