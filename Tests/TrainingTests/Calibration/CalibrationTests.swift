import Checkpoints
import Encoders
import Kernels
import Recipes
import Tensors
import TestSupport
import Testing

@testable import Training

/// What calibration finds out, held against other ways to work it out.
@Suite struct CalibrationTests {
  private func examples(_ golden: GoldenGradients, labelled: Bool) throws -> TrainingExamples {
    var examples = TrainingExamples()
    for sequence in golden.sequences { examples.sequences.append(sequence) }
    if labelled { examples.targets = .classes(golden.labels) }
    return examples
  }

  private func statistics(
    _ checkpoint: Checkpoint, _ examples: TrainingExamples, _ measures: Set<CalibrationMeasure>,
    threads: Int = 1
  ) throws -> (Statistics, [String: Tensor]) {
    var settings = CalibrationSettings(measures)
    settings.batchSize = 2
    settings.threads = threads
    let tensors = try Calibration(of: checkpoint, settings).run(on: examples).tensors
    return (Statistics(measured: tensors), tensors)
  }

  /// The moments of a layer's inputs are those of the states that enter it, in double precision.
  @Test func momentsAreThoseOfTheStates() throws {
    let golden = try GoldenGradients("bert--token-classification")
    let checkpoint = try golden.checkpoint
    let (statistics, tensors) = try statistics(
      checkpoint, examples(golden, labelled: false), [.inputs])
    let states = try Session(Encoder(checkpoint, reading: .hiddenStates)).run(golden.sequences)
    let encoder = try #require(checkpoint.architecture.encoder)
    let width = encoder.hidden
    for layer in encoder.layers.indices {
      var gram = [Double](repeating: 0, count: width * width)
      var (sum, count) = ([Double](repeating: 0, count: width), 0)
      for (output, sequence) in zip(states, golden.sequences) {
        for token in 0..<sequence.count {
          let start = (layer * sequence.count + token) * width
          let x = output.values[start..<(start + width)].map(Double.init)
          for row in 0..<width {
            sum[row] += x[row]
            for column in 0..<width { gram[row * width + column] += x[row] * x[column] }
          }
          count += 1
        }
      }
      let greatest = gram.map(abs).max() ?? 0
      for part in [LayerModule.query, .key, .value] {
        let role = Role(.layer(layer, part), .weight)
        let found = try #require(try statistics.gram(role, width: width))
        #expect(zip(found, gram).allSatisfy { abs(Double($0) - $1) <= 1e-5 * greatest })
        let mean = try #require(try statistics.mean(role, width: width))
        #expect(zip(mean, sum).allSatisfy { abs(Double($0) - $1 / Double(count)) < 1e-5 })
        let norm = try #require(try statistics.norm(role, width: width))
        #expect(abs(Double(norm[3]) - gram[3 * width + 3].squareRoot()) < 1e-4)
        // What is fed alike is kept once.
        #expect((tensors["\(role).gram"] != nil) == (part == .query))
      }
    }
    #expect(tensors["\(Role(.head(.classifier), .weight)).gram"]?.shape == [width, width])
  }

  /// Where one token is gone on with, the query of the last layer is fed that one alone, its key all of them.
  @Test func lastQueriesReadFirstTokens() throws {
    let golden = try GoldenGradients("bert--sequence-classification")
    let checkpoint = try golden.checkpoint
    let (_, tensors) = try statistics(
      checkpoint, examples(golden, labelled: false), [.inputs])
    let last = try #require(checkpoint.architecture.encoder).layers.count - 1
    let query = try #require(tensors["encoder.\(last).attention.query.weight.gram"]).floats()
    let key = try #require(tensors["encoder.\(last).attention.key.weight.gram"]).floats()
    #expect(tensors["encoder.\(last).attention.value.weight.gram"] == nil)
    let width = 1 + (try #require(checkpoint.architecture.encoder).hidden)
    let traces = [query, key].map { gram in
      stride(from: 0, to: gram.count, by: width).reduce(0) { $0 + gram[$1] }
    }
    #expect(traces[0] < traces[1] / 2)
  }

  /// The mean of squared gradients of one example after the other.
  @Test func fisherIsOfSingleExamples() throws {
    let golden = try GoldenGradients("bert--sequence-classification")
    let checkpoint = try golden.checkpoint
    let (statistics, _) = try statistics(
      checkpoint, examples(golden, labelled: true), [.fisher])
    let model = try TrainableModel(checkpoint)
    let role = Role(.layer(0, .intermediate), .weight)
    let parameter = try #require(model.parameters.first { $0.id.role == role })
    var expected = [Float](repeating: 0, count: parameter.count)
    for (sequence, label) in zip(golden.sequences, golden.labels) {
      for parameter in model.parameters { parameter.clearGradient() }
      let tape = try Tape(threads: 1)
      let output = try model.forward([sequence], tape, ForwardOptions(dropout: false))
      try tape.backward(from: try tape.loss(output, against: .classes([label])))
      guard case .dense(let gradient) = parameter.gradient else { continue }
      for (index, value) in gradient.array.enumerated() { expected[index] += value * value }
    }
    let count = Float(golden.sequences.count)
    let shape: Shape = [parameter.rows, parameter.columns]
    let found = try #require(try statistics.fisher(role, of: shape))
    let greatest = (expected.max() ?? 0) / count
    #expect(greatest > 0)
    #expect(zip(found, expected).allSatisfy { abs($0 - $1 / count) <= 1e-5 * greatest })
    // Of the word embedding too, whose gradients are of some rows.
    let encoder = try #require(checkpoint.architecture.encoder)
    let words = try #require(
      try statistics.fisher(
        Role(.embedding(.word), .weight), of: [encoder.vocabulary, encoder.embedding]))
    let seen = Int(golden.sequences[0].ids[1])
    #expect(words[(seen * encoder.embedding)...].prefix(encoder.embedding).contains { $0 > 0 })
  }

  /// The derivative by a mask is how the loss changes when what it lets through is scaled.
  @Test func masksAreDerivatives() throws {
    let golden = try GoldenGradients("bert--sequence-classification")
    let checkpoint = try golden.checkpoint
    let (statistics, _) = try statistics(
      checkpoint, examples(golden, labelled: true), [.masks])
    let encoder = try #require(checkpoint.architecture.encoder)
    for (part, count) in [
      (LayerModule.output, encoder.layers[0].intermediate),
      (.attentionOutput, encoder.layers[0].heads ?? 0),
    ] {
      let role = Role(.layer(0, part), .weight)
      let masks = try #require(try statistics.masks(role))
      #expect(masks.count == count && masks.values.count == count * golden.sequences.count)
      for (example, mask) in [(0, 0), (1, count - 1)] {
        let losses = try [-1e-2, 1e-2].map { change in
          try loss(
            checkpoint, golden, example: example, scaling: role, mask, of: count, by: 1 + change)
        }
        let slope = (losses[1] - losses[0]) / 2e-2
        let found = Double(masks.values[example * count + mask])
        #expect(abs(found - slope) <= 2e-2 * max(abs(slope), 1e-3), "\(found), \(slope)")
      }
    }
  }

  private func loss(
    _ checkpoint: Checkpoint, _ golden: GoldenGradients, example: Int, scaling role: Role,
    _ mask: Int, of count: Int, by factor: Double
  ) throws -> Double {
    let model = try TrainableModel(checkpoint)
    let parameter = try #require(model.parameters.first { $0.id.role == role })
    let width = parameter.columns / count
    for row in 0..<parameter.rows {
      for column in (mask * width)..<((mask + 1) * width) {
        parameter.values.start[row * parameter.columns + column] *= Float(factor)
      }
    }
    let tape = try Tape(threads: 1)
    let output = try model.forward(
      [golden.sequences[example]], tape, ForwardOptions(dropout: false))
    return Double(
      try tape.loss(output, against: .classes([golden.labels[example]])).scalar)
  }

  /// The same to the bit whatever the number of threads, and with targets that are drawn.
  @Test func threadsChangeNothing() throws {
    let golden = try GoldenGradients("bert--sequence-classification")
    let checkpoint = try golden.checkpoint
    let all = Set(CalibrationMeasure.allCases)
    let examples = try examples(golden, labelled: false)
    let (_, alone) = try statistics(checkpoint, examples, all)
    let (_, together) = try statistics(checkpoint, examples, all, threads: 2)
    #expect(alone.keys.sorted() == together.keys.sorted())
    for (name, tensor) in alone {
      #expect(try together[name]?.allBytes() == tensor.allBytes(), "\(name)")
    }
  }

  /// The derivative of scores by a word's vector is how they change when that is moved.
  @Test(arguments: [
    "bert--sequence-classification", "bert--token-classification", "bert--masked-lm",
  ])
  func sensitivityIsOfScores(_ name: String) throws {
    let golden = try GoldenGradients(name)
    let checkpoint = try golden.checkpoint
    let sequence = try #require(golden.sequences.first { Set($0.ids).count == $0.count })
    var examples = TrainingExamples()
    examples.sequences.append(sequence)
    let (statistics, _) = try statistics(checkpoint, examples, [.sensitivity])
    let words = Role(.embedding(.word), .weight)
    let width = try #require(checkpoint.architecture.encoder).embedding
    let gram = try #require(try statistics.sensitivityGram(words, width: width))
    let own = try #require(try statistics.sensitivity(words, count: width))
    #expect((0..<width).allSatisfy { abs(gram[$0 * (width + 1)] - own[$0]) <= 1e-4 * own[$0] })
    for seed in [UInt64(1), 2] {
      var generator = KeyedGenerator(seed)
      let direction = (0..<width).map { _ in Float(generator.unit() - 0.5) }
      let expected = try sequence.ids.reduce(0.0) { sum, id in
        let slope = try slope(checkpoint, sequence, of: Int(id), along: direction)
        return sum + slope * slope
      }
      let found = (0..<width).reduce(0.0) { sum, row in
        sum
          + (0..<width).reduce(0.0) {
            $0 + Double(direction[row] * gram[row * width + $1] * direction[$1])
          }
      }
      let mean = expected / Double(sequence.count)
      #expect(mean > 0 && abs(found - mean) <= 0.02 * mean, "\(found), \(mean)")
    }
  }

  /// How the signed sum of scores changes when a word's vector is moved along a direction.
  private func slope(
    _ checkpoint: Checkpoint, _ sequence: TokenSequence, of word: Int, along direction: [Float]
  ) throws -> Double {
    let sums = try [-1e-2, 1e-2].map { (change: Float) in
      let model = try TrainableModel(checkpoint)
      let table = try #require(
        model.parameters.first { $0.id.role == Role(.embedding(.word), .weight) })
      for column in 0..<table.columns {
        table.values.start[word * table.columns + column] += change * direction[column]
      }
      let score = RandomScore(for: checkpoint.architecture.head, seed: 42)
      let tape = try Tape(threads: 1)
      let output = try model.forward([sequence], tape, score.options)
      return Double(try score.sum(of: output, examples: [0], tape).scalar)
    }
    return (sums[1] - sums[0]) / 2e-2
  }

  /// What a classifier gives are the scores themselves.
  @Test func scoresMoveWithThemselves() throws {
    let golden = try GoldenGradients("bert--sequence-classification")
    let checkpoint = try golden.checkpoint
    let (statistics, _) = try statistics(
      checkpoint, examples(golden, labelled: false), [.sensitivity])
    let classifier = try #require(
      checkpoint.parameters.first { $0.role == Role(.head(.classifier), .weight) })
    let found = try #require(
      try statistics.sensitivity(classifier.role, count: classifier.shape[0]))
    #expect(found.allSatisfy { $0 == 1 })
  }

  @Test func modelsWithoutAClassifierHaveNoGradients() throws {
    let checkpoint = try GoldenGradients("bert--masked-lm").checkpoint
    _ = try Calibration(of: checkpoint, CalibrationSettings([.inputs]))
    let failure = #expect(throws: Failure.self) {
      try Calibration(of: checkpoint, CalibrationSettings([.fisher]))
    }
    #expect(failure?.description.contains("no labels can be drawn") == true)
  }
}
