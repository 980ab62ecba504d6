import Testing

@testable import Training

/// Parameters of seeded numbers, and the check that gradients of a scalar by them are what small changes of them say.
struct FiniteDifferences {
  private(set) var parameters: [TrainableParameter] = []
  private var state: UInt64 = 3

  /// A matrix of numbers from −1 to 1.
  mutating func parameter(
    _ rows: Int, _ columns: Int, isLookedUp: Bool = false
  ) throws -> TrainableParameter {
    let values = try FloatBuffer(count: rows * columns)
    for index in 0..<values.count { values.start[index] = number() }
    let parameter = TrainableParameter(
      .init(.init(.layer(parameters.count, .query), .weight)), rows: rows, columns: columns,
      values: values,
      gradient: isLookedUp
        ? .rows(RowGradient(columns: columns)) : .dense(try FloatBuffer(count: rows * columns)))
    parameters.append(parameter)
    return parameter
  }

  mutating func matrix(_ rows: Int, _ columns: Int) throws -> Matrix {
    let values = try FloatBuffer((0..<(rows * columns)).map { _ in number() })
    return Matrix(rows: rows, columns: columns, over: values)
  }

  mutating func number() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int32(truncatingIfNeeded: state >> 32)) / 2_147_483_648
  }

  /// Central differences of the scalar in single precision, held within 1 % of the largest gradient of a parameter: their own error.
  func check(
    _ name: String, step: Float = 1.0 / 128, tolerance: Float = 0.01,
    sourceLocation: SourceLocation = #_sourceLocation, _ scalar: (Tape) throws -> Node
  ) throws {
    let tape = try Tape(threads: 2, seed: 9)
    func value() throws -> Float {
      tape.begin(step: 4)
      return try tape.withoutRecording { try scalar(tape).scalar }
    }
    tape.begin(step: 4)
    try tape.backward(from: try scalar(tape))
    var isAnyNonzero = false
    for parameter in parameters {
      let gradient = parameter.denseGradient
      let largest = max(gradient.map(abs).max() ?? 0, 0.02)
      for index in 0..<parameter.count where parameter.mask?.start[index] != 0 {
        let before = parameter.values.start[index]
        parameter.values.start[index] = before + step
        let above = try value()
        parameter.values.start[index] = before - step
        let below = try value()
        parameter.values.start[index] = before
        let expected = (above - below) / (2 * step)
        #expect(
          abs(gradient[index] - expected) <= tolerance * largest,
          "\(name): \(gradient[index]), not \(expected), at \(index) of \(parameter.id)",
          sourceLocation: sourceLocation)
        isAnyNonzero = isAnyNonzero || gradient[index] != 0
      }
    }
    #expect(isAnyNonzero, "\(name): no gradient at all", sourceLocation: sourceLocation)
  }
}
