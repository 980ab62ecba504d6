import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct OptimizerTests {
  private func model(form: GradientForm = .rows) throws -> [TrainableParameter] {
    [
      try parameter(.embedding(.word), rows: 301, columns: 33, form: form, seed: 1),
      try parameter(.layer(0, .query), rows: 97, columns: 411, seed: 2),
      try parameter(.layer(0, .query), rows: 1, columns: 70_001, seed: 3, kind: .bias),
    ]
  }

  /// Some steps with random gradients.
  private func train(_ optimizer: Optimizer, steps: ClosedRange<Int>, clipping: Clipping = .none)
    throws
    -> [Double]
  {
    try steps.map { step in
      for (index, parameter) in optimizer.parameters.enumerated() {
        let seed = UInt64(step * 10 + index)
        if case .rows = parameter.gradient {
          parameter.setGradient([
            step: randomFloats(33, seed: seed), 300: randomFloats(33, seed: 7),
          ])
        } else {
          parameter.setGradient(randomFloats(parameter.count, seed: seed))
        }
      }
      return try optimizer.step(rate: 1e-2, clipping: clipping)
    }
  }

  @Test func threadsChangeNothing() throws {
    let runs = try [1, 2, 3].map { threads in
      let parameters = try model()
      let optimizer = try Optimizer(AdamW(), for: parameters, threads: threads)
      let norms = try train(optimizer, steps: 1...4, clipping: .global(1))
      try optimizer.flush()
      return (norms, parameters.map(\.numbers))
    }
    for run in runs.dropFirst() {
      #expect(run.0 == runs[0].0)
      #expect(run.1 == runs[0].1)
    }
  }

  @Test func leavesFrozenParametersAlone() throws {
    let parameters = try model()
    let before = parameters.map(\.numbers)
    parameters[0].isFrozen = true
    parameters[1].isFrozen = true
    let optimizer = try Optimizer(AdamW(), for: parameters, threads: 2)
    _ = try train(optimizer, steps: 1...2)
    try optimizer.flush()
    #expect(parameters[0].numbers == before[0])
    #expect(parameters[1].numbers == before[1])
    #expect(parameters[2].numbers != before[2])
    for parameter in parameters {
      switch parameter.gradient {
      case .dense(let gradient): #expect(gradient.elements.allSatisfy { $0 == 0 })
      case .rows(let gradient): #expect(gradient.rows.isEmpty && gradient.values.isEmpty)
      }
    }
  }

  @Test func prunedWeightsStayZeroAndOthersDoNotNotice() throws {
    let (masked, whole) = (try model(), try model())
    let kept = randomFloats(97 * 411, seed: 9).map { Float($0 > 0 ? 1 : 0) }
    masked[1].mask = try FloatBuffer(kept)
    let optimizer = try Optimizer(AdamW(), for: masked, threads: 2)
    _ = try train(optimizer, steps: 1...3)
    _ = try train(try Optimizer(AdamW(), for: whole, threads: 1), steps: 1...3)
    for (index, keep) in kept.enumerated() {
      #expect(masked[1].values.start[index] == (keep == 0 ? 0 : whole[1].values.start[index]))
    }
    #expect(
      zip(kept, optimizer.moments[masked[1].id]!.buffers[1].elements).allSatisfy {
        ($0 == 0) == ($1 == 0)
      })
  }

  @Test func normIsThatOfWhatIsChanged() throws {
    let parameters = try model()
    let optimizer = try Optimizer(SGD(), for: parameters, threads: 2)
    parameters[0].setGradient([5: [Float](repeating: 3, count: 33)])
    parameters[1].setGradient([Float](repeating: -2, count: 97 * 411))
    var mask = [Float](repeating: 0, count: 97 * 411)
    for index in 0..<100 { mask[index * 7] = 1 }
    parameters[1].mask = try FloatBuffer(mask)
    parameters[2].isFrozen = true
    parameters[2].setGradient([Float](repeating: 100, count: 70_001))
    let norm = try optimizer.step(rate: 0)
    #expect(abs(norm - (33.0 * 9 + 100 * 4).squareRoot()) < 1e-12)
  }

  @Test func clippingOfEachParameterIsItsOwn() throws {
    let one = try parameter(.layer(0, .query), rows: 1, columns: 1, seed: 1)
    let other = try parameter(.layer(0, .key), rows: 1, columns: 1, seed: 1)
    one.values.fill(with: 0)
    other.values.fill(with: 0)
    var rule = SGD()
    rule.momentum = 0
    let optimizer = try Optimizer(rule, for: [one, other], threads: 1)
    one.setGradient([4])
    other.setGradient([0.5])
    try optimizer.step(rate: 1, clipping: .parameter(1))
    #expect(abs(one.numbers[0] + 1) < 1e-5)
    #expect(other.numbers[0] == -0.5)
  }

  @Test func refusesAGradientThatIsNoNumber() throws {
    for bad in [Float.nan, .infinity] {
      let parameters = try model()
      let optimizer = try Optimizer(AdamW(), for: parameters, threads: 2)
      _ = try train(optimizer, steps: 1...1)
      let before = parameters.map(\.numbers)
      parameters[1].setGradient([Float](repeating: bad, count: 97 * 411))
      let failure = try #require(throws: Failure.self) { try optimizer.step(rate: 1) }
      #expect("\(failure)" == "the gradient is infinite or not a number at step 2")
      #expect(parameters.map(\.numbers) == before)
    }
  }

  @Test func partsOfTheModelHaveRatesOfTheirOwn() throws {
    var factors = RateFactors()
    factors.layerDecay = 0.5
    factors.layerCount = 2
    factors.head = 10
    #expect(factors[Role(.head(.classifier), .weight)] == 10)
    #expect(factors[Role(.layer(1, .query), .weight)] == 0.5)
    #expect(factors[Role(.layer(0, .query), .bias)] == 0.25)
    #expect(factors[Role(.embedding(.word), .weight)] == 0.125)
    let parameters = try [0, 1].map {
      try parameter(.layer($0, .query), rows: 1, columns: 1, seed: 1)
    }
    for parameter in parameters { parameter.values.fill(with: 0) }
    var rule = SGD()
    rule.momentum = 0
    let optimizer = try Optimizer(rule, for: parameters, threads: 1)
    optimizer.rateFactors = factors
    for parameter in parameters { parameter.setGradient([1]) }
    try optimizer.step(rate: 1)
    #expect(parameters.map { $0.numbers[0] } == [-0.25, -0.5])
  }
}
