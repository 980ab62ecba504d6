import Checkpoints
import Encoders
import Recipes
import Tasks
import Tensors
import TestSupport
import Testing

/// What 8 bits for each row cost a real model: at most 0.3 points of accuracy on SST-2.
@Suite(.enabled(if: Places.shared("models/minilm-sst2") != nil, "needs ../shared"))
struct Int8AccuracyTests {
  @Test(arguments: Compute.allCases)
  func weightsOfEightBitsKeepTheAccuracy(_ compute: Compute) throws {
    let folder = try #require(Places.shared("models/minilm-sst2"))
    let task = try Task.read(try #require(Places.shared("data/sst2")))
    var checkpoint = try Model.open(folder).checkpoint
    let stored = try accuracy(of: checkpoint, folder, task, .exact)
    #expect(abs(stored - 0.8956) < 5e-5)
    var quantized = 0
    for index in checkpoint.parameters.indices {
      let parameter = checkpoint.parameters[index]
      guard case .layer = parameter.role.module, parameter.shape.rank == 2 else { continue }
      checkpoint.parameters[index].storage = try inEightBits(parameter)
      quantized += 1
    }
    #expect(quantized == 36)
    #expect(try accuracy(of: checkpoint, folder, task, compute) >= stored - 0.003)
  }

  private func accuracy(
    of checkpoint: Checkpoint, _ folder: String, _ task: Task, _ compute: Compute
  ) throws -> Double {
    let model = try TaskModel(
      checkpoint, path: folder, folder: folder, reading: .logits, compute: compute, threads: 2)
    var options = EvaluationOptions()
    options.threads = 2
    options.latencySentences = 0
    return try Evaluation(of: model, on: task, options: options).score.value
  }

  /// Symmetric codes, a scale for each row.
  private func inEightBits(_ parameter: Parameter) throws -> Storage {
    let values = try parameter.storage.values(of: parameter.shape)
    let columns = parameter.shape[1]
    var (codes, scales): ([Int8], [Float]) = ([], [])
    for start in stride(from: 0, to: values.count, by: columns) {
      let row = values[start..<(start + columns)]
      let scale = (row.map(abs).max() ?? 0) / 127
      scales.append(scale)
      codes += row.map { Int8(($0 / scale).rounded(.toNearestOrEven)) }
    }
    return .quantized(
      codes: tensor(.i8, parameter.shape, codes),
      scheme: .uniform(
        bits: 8, granularity: .axis(0), scales: tensor(.f32, [parameter.shape[0], 1], scales),
        zeroPoints: nil, groupIndex: nil))
  }

  private func tensor<Element>(_ type: ElementType, _ shape: Shape, _ values: [Element]) -> Tensor {
    Tensor(type, shape, source: MemorySource(values.withUnsafeBytes { [UInt8]($0) }))
  }
}
