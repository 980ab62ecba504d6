import Checkpoints
import TestSupport
import Testing

@testable import Training

/// Moments follow what compression does to weights.
@Suite struct MomentSurgeryTests {
  private func trained(
    _ parameter: TrainableParameter, steps: Int, rule: any UpdateRule = AdamW()
  ) throws -> Optimizer {
    let optimizer = try Optimizer(rule, for: [parameter], threads: 2)
    for step in 0..<steps {
      parameter.setGradient(randomFloats(parameter.count, seed: UInt64(50 + step)))
      try optimizer.step(rate: 1e-2)
    }
    return optimizer
  }

  /// Training goes on for the kept weights as if nothing had happened to the others.
  @Test func aSliceTrainsOnAsItWould() throws {
    let (rows, columns) = ([4, 1, 6], [0, 2, 3])
    let whole = try parameter(.layer(0, .query), rows: 7, columns: 5, seed: 1)
    let cut = try parameter(.layer(0, .query), rows: 7, columns: 5, seed: 1)
    let first = try trained(whole, steps: 3)
    let second = try trained(cut, steps: 3)
    let places = rows.flatMap { row in columns.map { row * 5 + $0 } }
    let small = TrainableParameter(
      cut.id, rows: 3, columns: 3, values: try FloatBuffer(places.map { cut.numbers[$0] }),
      gradient: .dense(try FloatBuffer(count: 9)))
    try second.slice(cut.id, rows: rows, columns: columns)
    try second.track([small])
    for step in 0..<3 {
      let gradient = randomFloats(35, seed: UInt64(90 + step))
      whole.setGradient(gradient)
      small.setGradient(places.map { gradient[$0] })
      try first.step(rate: 1e-2)
      try second.step(rate: 1e-2)
    }
    #expect(small.numbers == places.map { whole.numbers[$0] })
  }

  @Test func aSliceOfATableKeepsItsIdleRows() throws {
    let table = try parameter(.embedding(.word), rows: 6, columns: 4, form: .rows, seed: 1)
    let optimizer = try Optimizer(AdamW(), for: [table], threads: 1)
    table.setGradient([1: [1, 1, 1, 1], 4: [2, 2, 2, 2]])
    try optimizer.step(rate: 0.1)
    try optimizer.flush()
    try optimizer.slice(table.id, rows: [4, 0, 5])
    let moments = try #require(optimizer.moments[table.id])
    #expect(moments.idle?.isLive == [true, false, false])
    #expect(moments.buffers[0].array.prefix(4).allSatisfy { abs($0 - 0.2) < 1e-6 })
    #expect(moments.buffers[0].array.dropFirst(4).allSatisfy { $0 == 0 })
  }

  @Test func masksClearWeightsAndMoments() throws {
    let weights = try parameter(.layer(0, .query), rows: 2, columns: 3, seed: 1)
    let optimizer = try trained(weights, steps: 2)
    weights.mask = try FloatBuffer([1, 0, 1, 0, 0, 1])
    optimizer.mask(weights)
    for numbers in [weights.numbers] + optimizer.moments[weights.id]!.buffers.map(\.array) {
      #expect(numbers.map { $0 != 0 } == [true, false, true, false, false, true])
    }
  }

  @Test func resetsToNoStep() throws {
    let weights = try parameter(.layer(0, .query), rows: 2, columns: 3, seed: 1)
    let optimizer = try trained(weights, steps: 2)
    try optimizer.reset(weights)
    #expect(optimizer.moments[weights.id]!.steps == 0)
    let before = weights.numbers
    weights.setGradient([Float](repeating: 0.5, count: 6))
    try optimizer.step(rate: 1e-2)
    // The first step of Adam is as long as the rate.
    for (new, old) in zip(weights.numbers, before) {
      #expect(abs(new - (old * (1 - 1e-4) - 1e-2)) < 1e-6)
    }
  }

  /// With momentum alone, and factors that stand still, the moments are those that the factors would have had.
  @Test func firstMomentsOfFactorsAreThoseOfTheirGradients() throws {
    let (rows, rank, columns) = (6, 2, 5)
    let whole = try parameter(.layer(0, .query), rows: rows, columns: columns, seed: 1)
    let (left, right) = try factors(rows, rank, columns)
    let optimizer = try Optimizer(SGD(), for: [whole], threads: 2)
    let factored = try Optimizer(SGD(), for: [left, right], threads: 1)
    for step in 0..<4 {
      let gradient = randomFloats(rows * columns, seed: UInt64(step))
      whole.setGradient(gradient)
      left.setGradient(product(gradient, transposed(right), rows, columns, rank))
      right.setGradient(product(transposed(left), gradient, rank, rows, columns))
      try optimizer.step(rate: 0)
      try factored.step(rate: 0)
    }
    try optimizer.reproject(whole.id, left: left, right: right)
    try optimizer.track([left, right])
    for id in [left.id, right.id] {
      let pairs = zip(
        optimizer.moments[id]!.buffers[0].array, factored.moments[id]!.buffers[0].array)
      #expect(pairs.allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  @Test func stepsOfFactorsAreNoLongerThanAdams() throws {
    let (rows, rank, columns) = (6, 2, 40)
    let whole = try parameter(.layer(0, .query), rows: rows, columns: columns, seed: 1)
    let optimizer = try Optimizer(AdamW(), for: [whole], threads: 2)
    let (left, right) = try factors(rows, rank, columns)
    // Gradients that always point along a row of the right factor are as correlated as can be.
    let gradient = (0..<rows).flatMap { _ in right.numbers.prefix(columns) }
    for _ in 0..<5 {
      whole.setGradient(gradient)
      try optimizer.step(rate: 1e-3)
    }
    try optimizer.reproject(whole.id, left: left, right: right)
    try optimizer.track([left, right])
    let before = left.numbers
    left.setGradient(product(gradient, transposed(right), rows, columns, rank))
    right.setGradient(product(transposed(left), gradient, rank, rows, columns))
    try optimizer.step(rate: 1e-3)
    let longest = zip(left.numbers, before).map { abs($0 - $1 * (1 - 1e-5)) }.max()!
    #expect(longest > 0.9e-3 && longest < 1.1e-3)
    #expect(optimizer.moments[left.id]!.steps == 6)
  }

  private func factors(
    _ rows: Int, _ rank: Int, _ columns: Int
  ) throws -> (TrainableParameter, TrainableParameter) {
    let role = Role(.layer(0, .query), .weight)
    func part(_ part: TrainableParameter.ID.Part, _ rows: Int, _ columns: Int) throws
      -> TrainableParameter
    {
      TrainableParameter(
        .init(role, part), rows: rows, columns: columns,
        values: try FloatBuffer(randomFloats(rows * columns, seed: 8)),
        gradient: .dense(try FloatBuffer(count: rows * columns)))
    }
    return (try part(.left, rows, rank), try part(.right, rank, columns))
  }

  private func transposed(_ parameter: TrainableParameter) -> [Float] {
    (0..<parameter.columns).flatMap { column in
      (0..<parameter.rows).map { parameter.numbers[$0 * parameter.columns + column] }
    }
  }

  private func product(
    _ a: [Float], _ b: [Float], _ rows: Int, _ inner: Int, _ columns: Int
  ) -> [Float] {
    (0..<rows).flatMap { row in
      (0..<columns).map { column in
        (0..<inner).reduce(0) { $0 + a[row * inner + $1] * b[$1 * columns + column] }
      }
    }
  }
}
