import Checkpoints
import Documents
import Encoders
import Recipes
import Tensors
import TestSupport
import Testing

/// Models made smaller, written, read again and run, against PyTorch after the same surgery.
@Suite struct SurgeryTests {
  @Test(arguments: SurgeryCase.all)
  func aShrunkenModelIsPyTorchs(_ surgery: SurgeryCase) throws {
    let folder = try TemporaryFolder()
    let checkpoint = try surgery.written(to: folder).checkpoint
    #expect(checkpoint.diagnostics.filter { $0.severity == .error } == [])
    let encoder = try #require(checkpoint.architecture.encoder)
    let stored = Dictionary(
      encoder.layers.enumerated().map { (encoder.storedLayer(runAs: $0), $1) },
      uniquingKeysWith: { first, _ in first })
    #expect((0..<encoder.storedLayers).map { stored[$0]?.heads } == surgery.heads.map(\.count))
    if let neurons = surgery.neurons {
      #expect((0..<encoder.storedLayers).map { stored[$0]?.intermediate } == neurons.map(\.count))
    }
    let golden = try GoldenTensors("encoders/golden/surgery--\(surgery.name).safetensors")
    for length in golden.lengths {
      let sequence = try GoldenSequence(golden, prefix: "s\(length).")
      let readings = sequence.readings(of: encoder.head)
      #expect(!readings.isEmpty)
      for (reading, expected) in readings {
        let output = try Session(Encoder(checkpoint, reading: reading)).run([sequence.tokens])[0]
        expectEqual(output, expected, "\(surgery.name), \(reading)")
      }
    }
  }

  /// The configuration names the same heads as transformers does after `prune_heads`.
  @Test(arguments: SurgeryCase.all)
  func theConfigurationNamesThePrunedHeads(_ surgery: SurgeryCase) throws {
    let folder = try TemporaryFolder()
    let document = try #require(surgery.written(to: folder).checkpoint.configuration?.document)
    #expect(document["pruned_heads"] ?? .object([]) == surgery.prunedHeads)
    #expect(document["pare"] == nil || Set((surgery.neurons ?? []).map(\.count)).count > 1)
  }

  /// A model whose own configuration transformers does not read gets one that says the same.
  @Test func aConfigurationIsMadeWhereThereIsNone() throws {
    let folder = try TemporaryFolder()
    let surgery = try SurgeryCase(
      "keras-hub-preset", [("shrink", ["heads": "2,1", "intermediate": "9,20"])])
    let checkpoint = try surgery.written(to: folder, format: "safetensors").checkpoint
    let layers = try #require(checkpoint.architecture.encoder).layers
    #expect(layers.map(\.heads) == [2, 1])
    #expect(layers.map(\.intermediate) == [9, 20])
    let document = try #require(checkpoint.configuration?.document)
    #expect(document["num_attention_heads"] == 2)
    #expect(document["pruned_heads"] == ["1": [1]])
    #expect(document["intermediate_size"] == 20)
    #expect(document["pare"] == ["intermediate": [9, 20]])
  }

  /// The order of steps is no matter where they touch different things.
  @Test func layersThenHeadsIsOneStep() throws {
    let sample = "encoders/bert/sequence-classification"
    let (together, apart) = (try TemporaryFolder(), try TemporaryFolder())
    let first = try SurgeryCase(sample, [("shrink", ["keep-layers": "1", "heads": "1"])])
    let second = try SurgeryCase(
      sample, [("shrink", ["keep-layers": "1"]), ("shrink", ["heads": "1"])])
    let tensors = try [first.written(to: together), second.written(to: apart)].map {
      try $0.checkpoint.fingerprint()
    }
    #expect(tensors[0] == tensors[1])
  }
}

/// A sample, what is done to it, and what PyTorch says must come of it.
struct SurgeryCase: CustomTestStringConvertible {
  let name: String
  let sample: String
  let recipe: Recipe
  /// Of those that the sample had at first, for each layer that stays.
  let heads: [[Int]]
  /// For each layer that stays; nil where all do.
  let neurons: [[Int]]?
  let prunedHeads: JSON

  var testDescription: String { name }

  static let all: [SurgeryCase] = {
    let document = try! JSON.read(Places.sample("surgery/cases.json"))
    return document.array!.map { try! SurgeryCase($0) }
  }()

  init(_ sample: String, _ steps: [(String, [String: String])]) throws {
    self.init(
      name: sample, sample: sample,
      recipe: Recipe(
        steps: try steps.map { pass, options in
          try RecipeStep(pass, options.sorted { $0.key < $1.key }.map { ($0.key, [$0.value]) })
        }), heads: [], neurons: nil, prunedHeads: .object([]))
  }

  private init(_ golden: JSON) throws {
    let steps = (golden["steps"]?.array ?? []).compactMap(\.members?.first).map { pass, options in
      let members = (options.members ?? []).map { ($0.key, $0.value.string ?? "") }
      return (pass, Dictionary(uniqueKeysWithValues: members))
    }
    func lists(_ key: String) -> [[Int]]? {
      golden[key]?.array?.map { ($0.array ?? []).compactMap(\.integer) }
    }
    self.init(
      name: golden["name"]?.string ?? "", sample: golden["sample"]?.string ?? "",
      recipe: try SurgeryCase("", steps).recipe, heads: lists("heads") ?? [],
      neurons: lists("neurons"), prunedHeads: golden["prunedHeads"] ?? .null)
  }

  private init(
    name: String, sample: String, recipe: Recipe, heads: [[Int]], neurons: [[Int]]?,
    prunedHeads: JSON
  ) {
    self.name = name
    self.sample = sample
    self.recipe = recipe
    self.heads = heads
    self.neurons = neurons
    self.prunedHeads = prunedHeads
  }

  /// The result as it is read from the folder that it is written to.
  func written(to folder: TemporaryFolder, format: String? = nil) throws -> Model {
    let output = folder.path + "/out/"
    let request = CompressionRequest(recipe, output: .folder(output), format: format)
    _ = try Compression(of: Model.open(Places.sample(sample)), request: request).run()
    return try Model.open(output)
  }
}
