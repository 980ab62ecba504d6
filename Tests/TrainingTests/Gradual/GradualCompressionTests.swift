import Checkpoints
import Passes
import Recipes
import Tensors
import TestSupport
import Testing

@testable import Training

/// Passes that are called on a model while its optimizer remembers.
@Suite struct GradualCompressionTests {
  private let clock = RunClock(steps: 10, stepsPerEpoch: 5)

  /// The small BERT after a step with random gradients, each moment then a number that belongs to its weight.
  private func trained() throws -> (TrainableModel, Optimizer) {
    let model = try TrainableModel(try Model.open(Places.sample("bert-tiny")).checkpoint)
    let optimizer = try Optimizer(AdamW(), for: model.parameters, threads: 2)
    for (seed, parameter) in model.parameters.enumerated() where parameter.rows > 1 {
      let numbers = randomFloats(parameter.count, seed: UInt64(seed))
      let columns = parameter.columns
      parameter.setGradient(
        Dictionary(
          uniqueKeysWithValues: (0..<parameter.rows).map { row in
            (row, Array(numbers[(row * columns)..<((row + 1) * columns)]))
          }))
    }
    try optimizer.step(rate: 1e-3)
    for parameter in model.parameters {
      for (order, buffer) in optimizer.moments[parameter.id]!.buffers.enumerated() {
        for index in 0..<parameter.count where buffer.start[index] != 0 {
          buffer.start[index] = parameter.values.start[index] * Float(order + 2)
        }
      }
    }
    return (model, optimizer)
  }

  private func apply(
    _ text: String, to model: TrainableModel, _ optimizer: Optimizer, gradients: [Float]? = nil
  ) throws -> TrainableModel {
    let compression = try GradualCompression(
      [GradualPass(text)], of: try model.checkpoint(), clock: clock, threads: 2)
    if gradients != nil { try compression.observe(model.parameters) }
    let application = try #require(compression.applications.last)
    return try #require(
      try compression.apply(application, to: model, optimizer) { _, _, _ in })
  }

  /// What stays keeps its moments: they are the same multiples of the weights as before.
  @Test(arguments: [
    "constant: shrink heads=1 intermediate=20", "constant: shrink layers=1",
    "constant: shrink heads=1 scope=global", "constant: prune sparsity=0.5",
  ])
  func momentsFollowTheWeights(_ text: String) throws {
    let (model, optimizer) = try trained()
    let count = model.parameters.reduce(0) { $0 + $1.count }
    let result = try apply(text, to: model, optimizer)
    let isMask = text.contains("prune")
    #expect(isMask || result.parameters.reduce(0) { $0 + $1.count } < count)
    #expect(optimizer.parameters.map(\.id) == result.parameters.map(\.id))
    var seen = 0
    for parameter in result.parameters where parameter.rows > 1 {
      let moments = try #require(optimizer.moments[parameter.id])
      #expect(moments.fits(parameter) && moments.steps == 1)
      for (order, buffer) in moments.buffers.enumerated() {
        for index in 0..<parameter.count where buffer.start[index] != 0 {
          #expect(buffer.start[index] == parameter.values.start[index] * Float(order + 2))
          seen += 1
        }
      }
      if let mask = parameter.mask {
        for index in 0..<parameter.count where mask.start[index] == 0 {
          #expect(parameter.values.start[index] == 0)
        }
      }
    }
    #expect(seen > 1000)
  }

  @Test func aProductTakesOverTheMomentsOfItsMatrix() throws {
    let (model, optimizer) = try trained()
    let result = try apply(
      "constant: factorize rank=4 only=encoder.0.attention.query", to: model, optimizer)
    let factors = result.parameters.filter { $0.id.part != .whole }
    #expect(factors.count == 2)
    for factor in factors {
      let moments = try #require(optimizer.moments[factor.id])
      #expect(moments.steps == 1)
      #expect(moments.buffers[0].array.contains { $0 != 0 })
    }
  }

  /// |w| · mean |g|, and −Σ w · g.
  @Test func measuresWhatTheFormulasSay() throws {
    let (model, _) = try trained()
    let parameter = try #require(model.parameters.first { $0.rows > 1 && $0.columns > 1 })
    let weights = parameter.numbers
    let gradients = (0..<2).map { randomFloats(parameter.count, seed: UInt64(50 + $0)) }
    let (taylor, movement) = (ImportanceMeter(.taylor), ImportanceMeter(.movement))
    for numbers in gradients {
      let columns = parameter.columns
      parameter.setGradient(
        Dictionary(
          uniqueKeysWithValues: (0..<parameter.rows).map { row in
            (row, Array(numbers[(row * columns)..<((row + 1) * columns)]))
          }))
      for meter in [taylor, movement] { try meter.add([parameter], threads: 3) }
    }
    let role = parameter.id.role
    let first = try #require(try taylor.statistics(of: model).importance(role)).values
    for index in 0..<parameter.count {
      let mean = (abs(gradients[0][index]) + abs(gradients[1][index])) / 2
      #expect(abs(first[index] - abs(weights[index]) * mean) <= 1e-6)
    }
    let second = try #require(try movement.statistics(of: model).importance(role)).values
    let scores = (0..<parameter.count).map { index in
      -weights[index] * (gradients[0][index] + gradients[1][index])
    }
    let least = min(0, scores.min()!)
    for index in 0..<parameter.count {
      #expect(abs(second[index] - (scores[index] - least)) <= 1e-6)
      #expect(second[index] > 0)
    }
  }

  /// Columns of a product go by their importance; the others stay to the bit, in order.
  @Test func ranksGoByImportance() throws {
    let (model, optimizer) = try trained()
    let factorized = try apply(
      "constant: factorize rank=8 only=encoder.0.ffn.output", to: model, optimizer)
    let right = try #require(factorized.parameters.first { $0.id.part == .right })
    let left = try #require(factorized.parameters.first { $0.id.part == .left })
    // Gradients of the even ranks alone.
    right.setGradient(
      Dictionary(
        uniqueKeysWithValues: (0..<8).map { row in
          (row, [Float](repeating: row % 2 == 0 ? 1 : 0, count: right.columns))
        }))
    let all = right.numbers
    let rows = [0, 2, 4, 6].flatMap { (row: Int) -> [Float] in
      Array(all[(row * right.columns)..<((row + 1) * right.columns)])
    }
    left.setGradient([:])
    let result = try apply(
      "constant by=taylor: factorize rank=4 only=encoder.0.ffn.output", to: factorized, optimizer,
      gradients: [])
    let after = try #require(result.parameters.first { $0.id.part == .right })
    #expect(after.rows == 4 && after.numbers == rows)
  }

  /// What training saw in the end is what the file holds, scales that were held included.
  @Test(arguments: [
    "constant start=3: quantize bits=4", "constant start=2 hold=4: quantize bits=8 per=tensor",
  ])
  func whatIsWrittenIsWhatWasSeen(_ text: String) throws {
    let (model, _) = try trained()
    let checkpoint = try model.checkpoint()
    let compression = try GradualCompression(
      [GradualPass(text)], of: checkpoint, clock: clock, threads: 2)
    let tape = try Tape(threads: 1)
    compression.round(model, on: tape, before: 0)
    let parameter = try #require(
      model.parameters.first { $0.id.role.description == "encoder.0.attention.query.weight" })
    #expect(try tape.node(parameter).value.array == parameter.numbers)
    for step in 1...4 { compression.round(model, on: tape, before: step) }
    _ = try tape.node(parameter)
    // Beyond the scale, if that is held.
    parameter.values.start[3] *= 1.5
    let seen = try tape.node(parameter).value.array
    let written = try compression.finished(try model.checkpoint(), before: 5)
    let after = try #require(written.parameters.first { $0.role == parameter.id.role })
    #expect(after.storage.kind == .quantized)
    #expect(try after.storage.values(of: after.shape) == seen)
  }

  /// What was evaluated before scales were held is not what is going to be written.
  @Test func nothingCountsBeforeScalesAreHeld() throws {
    let checkpoint = try Model.open(Places.sample("bert-tiny")).checkpoint
    for (hold, first) in [("", 2), (" hold=6", 7), (" hold=100%", 2)] {
      let compression = try GradualCompression(
        [GradualPass("constant start=2\(hold): quantize bits=8")], of: checkpoint, clock: clock,
        threads: 1)
      #expect(!compression.isComplete(after: 0, 9))
      #expect((2...10).first { compression.isComplete(after: 1, $0) } == first)
    }
  }

  @Test func anUnfitScheduleIsRefusedBeforeTheRun() throws {
    let checkpoint = try Model.open(Places.sample("bert-tiny")).checkpoint
    for text in [
      "cubic end=20: prune sparsity=0.5", "linear: shrink heads=100", "linear: shrink heads=1,1,1",
    ] {
      let failure = try #require(
        Failure {
          let compression = try GradualCompression(
            [GradualPass(text)], of: checkpoint, clock: clock, threads: 1)
          let model = try TrainableModel(checkpoint)
          let optimizer = try Optimizer(AdamW(), for: model.parameters, threads: 1)
          for application in compression.applications {
            _ = try compression.apply(application, to: model, optimizer) { _, _, _ in }
          }
        })
      #expect(failure.reason.outcome == .usage || failure.reason.outcome == .badInput)
    }
  }
}

extension Matrix {
  var array: [Float] { (0..<count).map { start[$0] } }
}

extension Failure {
  /// What a body throws.
  init?(_ body: () throws -> Void) {
    do {
      try body()
      return nil
    } catch let failure as Failure { self = failure } catch { return nil }
  }
}
