import Checkpoints
import Encoders
import Glibc
import Tensors
import TestSupport

/// What PyTorch computes with the BiLSTM students among the samples.
struct GoldenStudents {
  private let tensors: GoldenTensors
  let sequences: [TokenSequence]

  init() throws {
    tensors = try GoldenTensors("bilstm/golden.safetensors")
    var sequences: [TokenSequence] = []
    while tensors["e\(sequences.count).ids"] != nil {
      sequences.append(TokenSequence(ids: try tensors.integers("e\(sequences.count).ids")))
    }
    self.sequences = sequences
  }

  func rows(_ name: String) throws -> [[Float]] {
    guard let rows = try tensors.rows(name) else { throw MissingGolden(name: name) }
    return rows
  }

  static func path(_ name: String) -> String { Places.sample("bilstm/\(name)") }
}

/// A student with random weights, and the equations of an LSTM in double precision (as in `torch.nn.LSTM`).
struct RandomStudent {
  let checkpoint: Checkpoint
  private let values: [Role: [Double]]
  private let hidden: Int
  private static let embedding = 6

  init(hidden: Int) throws {
    self.hidden = hidden
    let architecture = BiLSTMArchitecture(
      vocabulary: 20, embedding: Self.embedding, hidden: hidden, projection: 4, classes: 2,
      readout: .perToken)
    var generator = SeededGenerator(seed: UInt64(hidden))
    var values: [Role: [Double]] = [:]
    let parameters = architecture.requirements.map { requirement in
      let shape = Shape(requirement.lengths.map { $0 ?? 1 })
      let numbers = (0..<shape.elementCount).map { _ in
        Float.random(in: -0.5...0.5, using: &generator)
      }
      values[requirement.role] = numbers.map(Double.init)
      let tensor = Tensor(numbers, shape)
      return Parameter(
        role: requirement.role, name: "\(requirement.role)", storage: .dense(tensor), shape: shape,
        stored: tensor)
    }
    self.values = values
    let container = Container(format: "memory", files: [], byteCount: 0, tensors: [])
    checkpoint = Checkpoint(
      architecture: .bilstm(architecture), dialect: nil, parameters: parameters, buffers: [],
      copies: [], unmapped: [], container: container, configuration: nil, diagnostics: [])
  }

  /// The forward and the backward state of each token, side by side.
  func states(of ids: [Int]) -> [[Double]] {
    let forward = states(of: ids, .forward)
    let backward = states(of: ids.reversed(), .backward)
    return zip(forward, backward.reversed()).map { $0 + $1 }
  }

  private func states(of ids: [Int], _ direction: Direction) -> [[Double]] {
    let input = values[Role(.lstm(direction, .input), .weight)]!
    let bias = values[Role(.lstm(direction, .input), .bias)]!
    let recurrent = values[Role(.lstm(direction, .recurrent), .weight)]!
    let words = values[Role(.embedding(.word), .weight)]!
    var state = [Double](repeating: 0, count: hidden)
    var cell = state
    return ids.map { id in
      let gates = (0..<(4 * hidden)).map { row in
        var sum = bias[row]
        for k in 0..<Self.embedding {
          sum += input[row * Self.embedding + k] * words[id * Self.embedding + k]
        }
        for k in 0..<hidden { sum += recurrent[row * hidden + k] * state[k] }
        return sum
      }
      func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
      func tangent(_ x: Double) -> Double { 2 * sigmoid(2 * x) - 1 }
      for unit in 0..<hidden {
        cell[unit] =
          sigmoid(gates[hidden + unit]) * cell[unit]
          + sigmoid(gates[unit]) * tangent(gates[2 * hidden + unit])
        state[unit] = sigmoid(gates[3 * hidden + unit]) * tangent(cell[unit])
      }
      return state
    }
  }
}
