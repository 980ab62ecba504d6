import Checkpoints
import Dialects
import Passes
import Tensors
import TestSupport
import Testing

@testable import Recipes

/// What every pass promises, tested the moment it is listed.
@Suite struct PassConformanceTests {
  /// Steps that each pass is tried with; a step may need another before it.
  private static let steps: [String: [String]] = [
    "prune": [
      "prune sparsity=0.5", "prune sparsity=0.7 scope=tensor pattern=4x1",
      "prune pattern=2:4 only=encoder.0 only=pooler",
    ],
    "factorize": [
      "factorize rank=3", "factorize energy=0.5 only=embeddings.word",
      "factorize rank=3 residual=0.1",
    ],
    "shrink": [
      "shrink heads=1 intermediate=9", "shrink keep-layers=1",
      "shrink intermediate=20,7 scope=layer",
    ],
    "trim": ["trim positions=9"],
    "drop": ["drop head", "drop head | drop pooler"],
    "tie": ["tie"],
    "cast": ["cast dtype=BF16", "cast dtype=F16 only=encoder"],
    "quantize": [
      "quantize bits=4 per=group group-size=8", "quantize bits=3 asymmetric",
      "quantize method=step step=0.5", "quantize method=kmeans bits=2",
      "quantize method=product subvector=4 entries=8",
      "prune sparsity=0.5 | quantize bits=8", "factorize rank=4 | quantize bits=5",
      "factorize rank=4 residual=0.05 | quantize bits=5",
      "factorize rank=4 | prune sparsity=0.5 | quantize bits=8",
    ],
    "merge": [
      "prune sparsity=0.5 | quantize bits=4 | merge", "factorize rank=4 | merge only=encoder",
    ],
  ]

  /// Steps that change no value.
  private static let idle: [String: String] = [
    "cast": "cast dtype=F32", "prune": "prune sparsity=0",
    "shrink": "shrink heads=2 intermediate=32 layers=2",
  ]

  static var cases: [String] {
    PassList.all.flatMap { steps[$0.declaration.name] ?? [] }
  }

  /// The models that steps are tried on.
  private func samples(for steps: String) -> [String] {
    let hasPooler = steps.contains("pooler")
    let classifier = steps == "tie" ? [] : ["heads/sequence-classification"]
    return classifier + (hasPooler ? [] : ["heads/masked-lm"])
  }

  private func recipe(_ text: String) throws -> Recipe {
    Recipe(steps: try text.split(separator: "|").map { try RecipeStep(argument: String($0)) })
  }

  private func run(
    _ text: String, on sample: String, threads: Int
  ) throws -> (before: Checkpoint, after: Checkpoint) {
    var checkpoint = try Model.open(Places.sample(sample)).checkpoint
    if text == "tie" { checkpoint.storeDecoder() }
    let after = try recipe(text).run(on: checkpoint, in: PassContext(threads: threads)).checkpoint
    return (checkpoint, after)
  }

  private func bytes(of parameter: Parameter) throws -> [[UInt8]] {
    try parameter.storage.tensors.map { tensor in
      try tensor.source.pieces.reduce(into: []) { bytes, piece in
        try tensor.source.withBytes(piece) { bytes += [UInt8]($0) }
      }
    }
  }

  @Test func everyPassIsTried() {
    for pass in PassList.all {
      #expect(Self.steps[pass.declaration.name]?.isEmpty == false, "\(pass.declaration.name)")
    }
  }

  @Test(arguments: cases)
  func threadsChangeNothing(_ steps: String) throws {
    for sample in samples(for: steps) {
      let one = try run(steps, on: sample, threads: 1).after
      let three = try run(steps, on: sample, threads: 3).after
      #expect(one.parameters.map(\.role) == three.parameters.map(\.role))
      for (left, right) in zip(one.parameters, three.parameters) {
        #expect(left.storage.description == right.storage.description)
        let other = try bytes(of: right)
        #expect(try bytes(of: left) == other, "\(steps): \(left.role)")
      }
    }
  }

  @Test(arguments: cases)
  func whatComesOutIsAModel(_ steps: String) throws {
    for sample in samples(for: steps) {
      let (before, after) = try run(steps, on: sample, threads: 2)
      #expect(after.isRewritten && !before.isRewritten)
      #expect(after.contradictions.map(\.message) == before.contradictions.map(\.message))
      for parameter in after.parameters where parameter.storage.kind != .shared {
        try parameter.storage.validate()
        let values = try parameter.storage.values(of: parameter.shape)
        #expect(values.count == parameter.shape.elementCount)
        #expect(!values.contains { !$0.isFinite })
        #expect(parameter.stored.shape == parameter.shape)
      }
    }
  }

  /// Each tensor lends any range of its bytes, as a writer of pieces asks for them.
  @Test(arguments: cases)
  func tensorsLendAnyRange(_ steps: String) throws {
    let after = try run(steps, on: samples(for: steps)[0], threads: 1).after
    for parameter in after.parameters {
      for tensor in parameter.storage.tensors where tensor.byteCount > 3 {
        let range = tensor.byteCount / 3..<(tensor.byteCount - 1)
        let part = try tensor.source.withBytes(range) { [UInt8]($0) }
        let whole = try tensor.withBytes { [UInt8]($0[range]) }
        #expect(part == whole, "\(steps): \(parameter.role)")
      }
    }
  }

  @Test(arguments: idle.values.sorted())
  func noStrengthChangesNothing(_ steps: String) throws {
    let (before, after) = try run(steps, on: samples(for: steps)[0], threads: 2)
    for (left, right) in zip(before.parameters, after.parameters) {
      let values = try right.storage.values(of: right.shape)
      #expect(try left.storage.values(of: left.shape) == values, "\(steps): \(left.role)")
    }
  }
}

extension Checkpoint {
  /// Stores the decoder of a masked language model once more, which files usually leave out.
  fileprivate mutating func storeDecoder() {
    let embedding = parameter(Role(.embedding(.word), .weight))
    guard var decoder = embedding else { return }
    decoder.role = Role(.head(.maskedDecoder), .weight)
    parameters.append(decoder)
  }
}
