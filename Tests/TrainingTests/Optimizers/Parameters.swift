import Checkpoints
import TestSupport

@testable import Training

/// The ways a gradient is told to an optimizer.
enum GradientForm { case dense, rows }

/// A parameter of random values between −1 and 1.
func parameter(
  _ module: Module, rows: Int, columns: Int, form: GradientForm = .dense, seed: UInt64,
  kind: Role.Kind = .weight
) throws -> TrainableParameter {
  TrainableParameter(
    .init(Role(module, kind)), rows: rows, columns: columns,
    values: try FloatBuffer(randomFloats(rows * columns, seed: seed)),
    gradient: form == .dense
      ? .dense(try FloatBuffer(count: rows * columns)) : .rows(RowGradient(columns: columns)))
}

func randomFloats(_ count: Int, seed: UInt64) -> [Float] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
}

extension TrainableParameter {
  var numbers: [Float] { Array(values.elements) }

  /// Sets the gradient of some rows; the others' are zero.
  func setGradient(_ rows: [Int: [Float]]) {
    switch gradient {
    case .dense(let buffer):
      buffer.fill(with: 0)
      for (row, numbers) in rows {
        for (column, number) in numbers.enumerated() {
          buffer.start[row * columns + column] = number
        }
      }
    case .rows(let gradient):
      gradient.rows = rows.keys.sorted().map(Int32.init)
      gradient.values = rows.keys.sorted().flatMap { rows[$0]! }
    }
  }

  func setGradient(_ numbers: [Float]) {
    setGradient(
      Dictionary(
        uniqueKeysWithValues: (0..<rows).map {
          ($0, Array(numbers[($0 * columns)..<(($0 + 1) * columns)]))
        }))
  }
}
