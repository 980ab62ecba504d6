import Checkpoints
import Documents
import Kernels
import Passes
import Tensors
import TestSupport
import Testing

@Suite struct ShrinkTests {
  @Test(
    arguments: [
      ([], "shrink needs 'heads'"),
      ([("layers", "2"), ("keep-layers", "0")], "'layers' and 'keep-layers' exclude each other"),
      ([("keep-layers", "1,0")], "'keep-layers' takes indices in increasing order, not '1,0'"),
      (
        [("heads", "0")], "'heads' takes whole numbers from 1 to 4096, separated by commas, not '0'"
      ),
      ([("heads", "4")], "shrink: layer 0: cannot keep 4 heads: there are 3"),
      ([("heads", "1,2,4")], "shrink: layer 2: cannot keep 4 heads: there are 3"),
      ([("heads", "1,2")], "shrink: 2 numbers of heads for 3 layers that stay"),
      ([("intermediate", "21")], "shrink: layer 0: cannot keep 21 neurons: there are 20"),
      ([("layers", "4")], "shrink: cannot keep 4 layers: there are 3"),
      ([("keep-layers", "0,3")], "shrink: cannot keep layer 3: there are 3, counted from 0"),
      (
        [("scope", "global"), ("heads", "1,2,3")],
        "'scope=global' and 'heads=1,2,3' exclude each other"
      ),
      ([("scope", "global"), ("heads", "4")], "shrink: cannot keep 12 heads in all: there are 9"),
    ] as [([(String, String)], String)])
  func whatCannotBeIsRefused(_ options: [(String, String)], _ message: String) throws {
    let model = try TinyEncoder().checkpoint()
    let failure = try #require(throws: Failure.self) {
      _ = try model.after(Shrink.self, options.map { ($0.0, [$0.1]) })
    }
    #expect(failure.description == message)
  }

  @Test func asManyAsThereAreChangesNothing() throws {
    let model = try TinyEncoder().checkpoint()
    let result = try model.after(
      Shrink.self, [("heads", ["3"]), ("intermediate", ["20"]), ("layers", ["3"])])
    #expect(result.architecture == model.architecture)
    #expect(result.configuration?.document == model.configuration?.document)
    for (before, after) in zip(model.parameters, result.parameters) {
      #expect(before.role == after.role)
      #expect(try before.stored.allBytes() == after.stored.allBytes())
    }
  }

  /// What is taken out is as if its weights were zero: the rest is where it was, in its order.
  @Test func headsAndNeuronsAreRowsAndColumns() throws {
    let model = try TinyEncoder().checkpoint()
    let context = PassContext(statistics: [
      ("encoder.0.attention.output.weight.importance", Tensor([1, 3, 2], [3])),
      ("encoder.1.attention.output.weight.importance", Tensor([3, 2, 1], [3])),
      ("encoder.2.attention.output.weight.importance", Tensor([0, 0, 0], [3])),
    ])
    let result = try model.after(
      Shrink.self, [("heads", ["2"]), ("statistics", ["file"])], in: context)
    for (layer, features) in [
      [4, 5, 6, 7, 8, 9, 10, 11], [0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3, 4, 5, 6, 7],
    ].enumerated() {
      for part in [LayerModule.query, .key, .value] {
        let before = try model.values(.layer(layer, part))
        let rows = features.flatMap { before[($0 * 12)..<(($0 + 1) * 12)] }
        #expect(try result.values(.layer(layer, part)) == rows)
        let bias = try model.values(.layer(layer, part), .bias)
        #expect(try result.values(.layer(layer, part), .bias) == features.map { bias[$0] })
      }
      let output = try model.values(.layer(layer, .attentionOutput))
      let columns = (0..<12).flatMap { row in features.map { output[row * 12 + $0] } }
      #expect(try result.values(.layer(layer, .attentionOutput)) == columns)
      #expect(result.shape(.layer(layer, .attentionOutput), .bias) == [12])
    }
    #expect(result.configuration?.document["pruned_heads"] == ["0": [0], "1": [2], "2": [2]])
    #expect(result.architecture.encoder?.layers.map(\.heads) == [2, 2, 2])
  }

  @Test func importanceOfWeightsIsSummed() throws {
    let model = try TinyEncoder().checkpoint()
    // The last 10 neurons matter by their rows, the first by its column.
    let rows = Tensor((0..<240).map { $0 >= 120 ? 1 : 0 }, [20, 12])
    let columns = Tensor((0..<240).map { $0 % 20 == 0 ? 5 : 0 }, [12, 20])
    let statistics = (0..<3).flatMap { layer in
      [
        ("encoder.\(layer).ffn.intermediate.weight.importance", rows),
        ("encoder.\(layer).ffn.output.weight.importance", columns),
      ]
    }
    let result = try model.after(
      Shrink.self, [("intermediate", ["11"]), ("statistics", ["file"])],
      in: PassContext(statistics: statistics))
    let bias = try model.values(.layer(2, .intermediate), .bias)
    #expect(
      try result.values(.layer(2, .intermediate), .bias) == ([0] + Array(10..<20)).map { bias[$0] })
    #expect(result.configuration?.document["intermediate_size"] == 11)
  }

  @Test func statisticsMustFit() throws {
    let model = try TinyEncoder().checkpoint()
    func message(_ tensors: [(String, Tensor)]) throws -> String {
      try #require(throws: Failure.self) {
        _ = try model.after(
          Shrink.self, [("heads", ["2"]), ("statistics", ["file"])],
          in: PassContext(statistics: tensors))
      }.description
    }
    #expect(
      try message([])
        == "file: shrink: the statistics hold no encoder.0.attention.output.weight.importance")
    #expect(
      try message([("encoder.0.attention.output.weight.importance", Tensor([1, 2], [2]))])
        .contains("is [2] where the model asks for [12, 12]"))
    #expect(
      try message([("encoder.0.attention.output.weight.importance", Tensor([1, .nan, 3], [3]))])
        .contains("not finite"))
  }

  @Test func statisticsCountLayersAsTheyWere() throws {
    let shorter = try TinyEncoder().checkpoint().after(Shrink.self, [("keep-layers", ["1,2"])])
    let failure = try #require(throws: Failure.self) {
      _ = try shorter.after(
        Shrink.self, [("heads", ["2"]), ("statistics", ["file"])],
        in: PassContext(statistics: []))
    }
    #expect(failure.description.contains("before some were taken out"))
  }

  /// The sum of all layers is what is asked for, no layer is left with nothing, and threads do not matter.
  @Test(arguments: [1, 2, 4])
  func globallyTheMostImportantStay(_ threads: Int) throws {
    var model = try TinyEncoder().checkpoint()
    for (index, parameter) in model.parameters.enumerated()
    where parameter.role == Role(.layer(1, .intermediate), .weight) {
      // All but one neuron of the second layer do next to nothing.
      let values = (0..<240).map { Float($0 < 12 ? 1 : 1e-6) }
      model.parameters[index] = parameter.holding(.dense(Tensor(values, [20, 12])))
    }
    let result = try model.after(
      Shrink.self, [("intermediate", ["7"]), ("scope", ["global"])],
      in: PassContext(threads: threads))
    let widths = try #require(result.architecture.encoder).layers.map(\.intermediate)
    #expect(widths.reduce(0, +) == 21)
    #expect(widths[1] == 1 && widths[0] > 7 && widths[2] > 7)
    #expect(try result.values(.layer(1, .intermediate)) == [Float](repeating: 1, count: 12))
  }

  @Test func layersThatDifferAreSaidInTheExtension() throws {
    let model = try TinyEncoder().checkpoint()
    let result = try model.after(Shrink.self, [("intermediate", ["3,20,7"]), ("heads", ["1,2,3"])])
    #expect(result.configuration?.document["intermediate_size"] == 20)
    #expect(result.configuration?.document["pare"] == ["intermediate": [3, 20, 7]])
    let again = try result.after(Shrink.self, [("intermediate", ["3"])])
    #expect(again.configuration?.document["intermediate_size"] == 3)
    #expect(again.configuration?.document["pare"] == nil)
    #expect(again.configuration?.document["num_attention_heads"] == 3)
    let last = try result.after(Shrink.self, [("keep-layers", ["0,2"])])
    #expect(last.configuration?.document["pare"] == ["intermediate": [3, 7]])
    #expect(last.configuration?.document["num_hidden_layers"] == 2)
  }

  @Test func sharedLayersRunLessOften() throws {
    let model = try TinyEncoder(family: .albert).checkpoint()
    let result = try model.after(Shrink.self, [("layers", ["2"])])
    #expect(result.architecture.encoder?.layers.count == 2)
    #expect(result.parameters.count == model.parameters.count)
    #expect(result.configuration?.document["num_hidden_layers"] == 2)
    #expect(throws: Failure.self) { _ = try model.after(Shrink.self, [("keep-layers", ["0"])]) }
  }

  @Test func withoutTheNumberOfHeadsNoneAreRemoved() throws {
    var model = try TinyEncoder().checkpoint()
    var encoder = try #require(model.architecture.encoder)
    for index in encoder.layers.indices { encoder.layers[index].heads = nil }
    model.architecture = .encoder(encoder)
    let failure = try #require(throws: Failure.self) {
      _ = try model.after(Shrink.self, [("heads", ["1"])])
    }
    #expect(failure.description == "shrink: layer 0: the number of its heads is not known")
    #expect(try model.after(Shrink.self, [("intermediate", ["1"])]).isRewritten)
  }

  /// A damaged model is refused by the name of the tensor; no index leaves it.
  @Test(arguments: [LayerModule.query, .value, .attentionOutput, .intermediate, .output])
  func contradictoryShapesAreRefused(_ part: LayerModule) throws {
    var model = try TinyEncoder().checkpoint()
    let index = try #require(
      model.parameters.firstIndex { $0.role == Role(.layer(1, part), .weight) })
    let wrong = Tensor.seeded([5, 7], "wrong")
    model.parameters[index] = model.parameters[index].holding(.dense(wrong), shape: [5, 7])
    let failure = try #require(throws: Failure.self) {
      _ = try model.after(Shrink.self, [("heads", ["1"]), ("intermediate", ["1"])])
    }
    #expect(failure.place.tensor == model.parameters[index].name)
    #expect(failure.description.contains("[5, 7], expected"))
  }

  @Test func missingLayersAreRefused() throws {
    var model = try TinyEncoder().checkpoint()
    model.parameters.removeAll { $0.role.module.description.hasPrefix("encoder.1.") }
    #expect(throws: Failure.self) { _ = try model.after(Shrink.self, [("heads", ["1"])]) }
  }
}
