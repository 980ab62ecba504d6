import Checkpoints
import Dialects
import Documents
import Tensors
import TestSupport
import Testing

/// The names and shapes of BiLSTM students, by the lists beside the samples.
@Suite struct BiLSTMNamesTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    var file: String
    var naming: NameStyle
    var dialect: String
    var readout: String
    var testDescription: String { file }
  }

  static let samples = [
    Sample(
      file: "last-state--model.safetensors", naming: .flat, dialect: "bilstm", readout: "last-state"
    ),
    Sample(
      file: "max-pool--model.safetensors", naming: .flat, dialect: "bilstm", readout: "max-pool"),
    Sample(
      file: "per-token--model.safetensors", naming: .flat, dialect: "bilstm", readout: "per-token"),
    Sample(
      file: "keras2--last-state.h5", naming: .kerasLayers, dialect: "tf-bilstm",
      readout: "last-state"),
    Sample(
      file: "keras2--last-state-whole.h5", naming: .kerasLayers, dialect: "tf-bilstm",
      readout: "last-state"),
    Sample(
      file: "keras2--last-state.weights.h5", naming: .kerasPaths, dialect: "keras-bilstm",
      readout: "last-state"),
    Sample(
      file: "keras2--per-token.h5", naming: .kerasLayers, dialect: "tf-bilstm", readout: "per-token"
    ),
    Sample(
      file: "keras3--last-state.weights.h5", naming: .kerasPaths, dialect: "keras-bilstm",
      readout: "last-state"),
    Sample(
      file: "keras3--per-token.keras", naming: .kerasPaths, dialect: "keras-bilstm",
      readout: "per-token"),
  ]

  @Test(arguments: samples) func namesAreUnderstood(_ sample: Sample) throws {
    let read = try sample.read()
    #expect(read.dialect == sample.dialect)
    #expect(read.unmapped.isEmpty)
    #expect(read.problems.isEmpty)
    let student = try #require(read.architecture.bilstm)
    #expect(student.vocabulary == 40 && student.embedding == 6)
    #expect(student.hidden == 5 && student.projection == 8)
    #expect(student.readout.rawValue == sample.readout)
    #expect(student.labels.count == student.classes)
  }

  /// As many as PyTorch counts, but for its second biases.
  @Test(arguments: samples) func countsAreThoseOfTheModel(_ sample: Sample) throws {
    let path = Places.sample("golden/canonical/bilstm-\(sample.readout).json")
    let golden = try JSON.read(path, limit: 1 << 20)
    #expect(try sample.read().counts.uniqueParameters == golden["uniqueParameters"]?.integer)
  }

  @Test func wrongReadoutsAreErrors() throws {
    var sample = Self.samples[0]
    sample.readout = "first-state"
    let read = try sample.read()
    #expect(
      read.diagnostics.contains {
        $0.severity == .error && $0.message.hasPrefix("'readout' in config.json should be one of")
      })
  }

  @Test func withoutConfigurationTheLastStateIsAssumed() throws {
    let read = try Self.samples[3].read(configured: false)
    #expect(read.architecture.bilstm?.readout == .lastState)
    #expect(read.diagnostics(.configurationMissing).count == 1)
  }

  @Test func tensorsOfOtherLSTMsAreNoStudents() throws {
    let plain = container([
      NamedTensor("embedding.weight", tensor([30, 6], seed: "e")),
      NamedTensor("classifier.weight", tensor([3, 6], seed: "c")),
    ])
    #expect(Dialects.detect(plain) == nil)
  }

  @Test(arguments: [[20, 1], [19], [0]]) func biasesThatCannotBeAddedAreErrors(
    _ lengths: [Int]
  ) throws {
    let student = Architecture.bilstm(.tiny(.lastState, classes: 3))
    var written = student.written(in: try Dialects.named("bilstm"), style: .flat)
    let index = try #require(written.tensors.firstIndex { $0.name == "lstm.bias_hh_l0" })
    written.tensors[index] = NamedTensor("lstm.bias_hh_l0", tensor(Shape(lengths), seed: "b"))
    let read = try Dialects.interpret(written)
    #expect(read.diagnostics.contains { $0.severity == .error && $0.tensor == "lstm.bias_hh_l0" })
    #expect(read.unmapped.map(\.name) == ["lstm.bias_hh_l0"])
  }

  @Test func biasesAreSummed() throws {
    let student = Architecture.bilstm(.tiny(.lastState, classes: 3))
    let dialect = try Dialects.named("bilstm")
    var written = student.written(in: dialect, style: .flat)
    let index = try #require(written.tensors.firstIndex { $0.name == "lstm.bias_hh_l0" })
    let second = tensor([20], seed: "second")
    written.tensors[index] = NamedTensor("lstm.bias_hh_l0", second)
    let first = try #require(written.tensors.first { $0.name == "lstm.bias_ih_l0" }).tensor
    let read = try Dialects.interpret(written)
    #expect(read.addends.map(\.name) == ["lstm.bias_hh_l0", "lstm.bias_hh_l0_reverse"])
    let bias = try #require(read.parameter(Role(.lstm(.forward, .input), .bias)))
    let sums = zip(try first.floats(), try second.floats()).map { $0 + $1 }
    #expect(try bias.storage.tensor(of: [20], as: .f32).floats() == sums)
    let again = read.renamed(to: dialect, style: .flat).tensors
    let zeros = try #require(again.first { $0.targetName == "lstm.bias_hh_l0" })
    #expect(try zeros.tensor.floats() == [Float](repeating: 0, count: 20))
  }

  /// Dense layers are told by their names, else by their order.
  @Test(arguments: [
    (["dense", "output"], 0), (["output", "dense"], 1), (["dense_4", "dense_5"], 0),
    (["classifier", "projection"], 1), (["dense", "time_distributed_1"], 0),
  ]) func denseLayersAreTold(_ layers: [String], _ projection: Int) throws {
    let names = ["forward_lstm", "backward_lstm"].flatMap { lstm in
      ["kernel:0", "recurrent_kernel:0", "bias:0"].map { "rnn/rnn/\(lstm)/lstm_cell_1/\($0)" }
    }
    let dialect = try Dialects.named("tf-bilstm")
    let all = names + layers.flatMap { ["\($0)/\($0)/kernel:0", "\($0)/\($0)/bias:0"] }
    let meanings = dialect.meanings(of: all).each
    #expect(meanings.allSatisfy { $0 != nil })
    #expect(
      meanings[6 + 2 * projection] == .parameter(Role(.projection, .weight), .transposed))
    #expect(
      meanings[8 - 2 * projection] == .parameter(Role(.head(.classifier), .weight), .transposed))
  }
}

extension BiLSTMNamesTests.Sample {
  fileprivate func read(configured: Bool = true) throws -> Checkpoint {
    let golden = try JSON.read(Places.sample("golden/bilstm--\(file).json"), limit: 1 << 20)
    let tensors = try #require(golden["tensors"]?.array).compactMap { row -> NamedTensor? in
      guard let name = row["name"]?.string, let lengths = row["shape"]?.array,
        row["dtype"]?.string == "F32"
      else { return nil }
      return NamedTensor(name, tensor(Shape(lengths.compactMap(\.integer)), seed: name))
    }
    let folder = readout == "first-state" ? "last-state" : readout
    var configuration = try Configuration(
      reading: Places.sample("bilstm/\(folder)/config.json"))
    configuration = try configuration.setting("readout", to: .string(readout))
    return try Dialects.interpret(
      container(tensors.filter { !$0.name.hasPrefix("optimizer_weights") }, naming),
      configuration: configured ? configuration : nil)
  }
}
