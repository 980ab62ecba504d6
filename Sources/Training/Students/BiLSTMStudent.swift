import Checkpoints
import Documents
import Tensors

/// New BiLSTM students, ready to be trained.
///
/// Parameters begin as those of Keras's layers do, with which the published students were trained: kernels uniform within
/// √(6 / (inputs + outputs)) (Glorot and Bengio, 2010), the rows of an LSTM's four gates counted as its outputs; recurrent matrices with
/// orthonormal columns (Saxe et al., 2014); biases of zero, but for those of the forget gates, which are one (Jozefowicz et al.,
/// 2015); words uniform within 0.05. The same seed gives the same numbers.
package enum BiLSTMStudent {
  /// - Parameters:
  ///   - vocabulary: the words; the rows of `words` where that is given.
  ///   - hidden: the width of each direction.
  ///   - projection: the width of what is projected to, best that of the teacher's states.
  ///   - labels: the names of the classes.
  ///   - words: a table `[vocabulary, embedding]` to begin with, such as ``words(of:width:threads:)``.
  /// - Throws: `Failure` if a size is none, or the table of words is of another.
  package static func checkpoint(
    vocabulary: Int, embedding: Int, hidden: Int, projection: Int, labels: [String],
    readout: BiLSTMArchitecture.Readout, seed: UInt64, words: Tensor? = nil
  ) throws -> Checkpoint {
    let student = BiLSTMArchitecture(
      vocabulary: vocabulary, embedding: embedding, hidden: hidden, projection: projection,
      classes: labels.count, readout: readout, labels: labels)
    for size in [vocabulary, embedding, hidden, projection, labels.count]
    where !(1..<1 << 24).contains(size) {
      throw Failure(StudentReason.size(size))
    }
    if let words, words.shape != [vocabulary, embedding] || !words.elementType.isFloat {
      throw Failure(
        StudentReason.words(words.shape, words.elementType, expected: [vocabulary, embedding]))
    }
    let parameters = try student.requirements.enumerated().map { index, requirement in
      var numbers = RandomNumbers(seed: seed, stream: UInt64(index))
      let shape = Shape(requirement.lengths.map { $0 ?? 0 })
      guard shape.elementCount <= 1 << 34 else { throw Failure(StudentReason.size(.max)) }
      let isWords = requirement.role.module == .embedding(.word)
      let tensor =
        isWords
        ? words?.cast(to: .f32) ?? .floats(requirement.role.first(shape, &numbers), shape)
        : Tensor.floats(requirement.role.first(shape, &numbers), shape)
      return Parameter(
        role: requirement.role, name: "\(requirement.role)", storage: .dense(tensor),
        shape: shape, stored: tensor)
    }
    let configuration = try Configuration(
      path: "config.json", document: .object(student.configuration(activation: "gelu")))
    var checkpoint = Checkpoint(
      architecture: .bilstm(student), dialect: "bilstm", parameters: parameters, buffers: [],
      copies: [], unmapped: [],
      container: Container(format: "safetensors", files: [], byteCount: 0, tensors: []),
      configuration: configuration, diagnostics: [])
    checkpoint.isRewritten = true
    return checkpoint
  }
}

extension Role {
  /// The numbers that a parameter begins with.
  fileprivate func first(_ shape: Shape, _ numbers: inout RandomNumbers) -> [Float] {
    let count = shape.elementCount
    switch (module, kind) {
    case (.embedding, _): return numbers.uniform(within: 0.05, count: count)
    case (.lstm, .bias):
      let hidden = count / 4
      return (0..<count).map { (hidden..<(2 * hidden)).contains($0) ? 1 : 0 }
    case (.lstm(_, .recurrent), .weight):
      return numbers.orthonormalColumns(rows: shape[0], columns: shape[1])
    case (_, .bias): return [Float](repeating: 0, count: count)
    default:
      let limit = (6 / Float(shape[0] + shape[1])).squareRoot()
      return numbers.uniform(within: limit, count: count)
    }
  }
}

extension Tensor {
  fileprivate static func floats(_ values: [Float], _ shape: Shape) -> Tensor {
    Tensor(.f32, shape, source: MemorySource(values.withUnsafeBytes { [UInt8]($0) }))
  }
}

/// Why there can be no such student.
package enum StudentReason: Reason {
  case size(Int)
  case words(Shape, ElementType, expected: Shape)
  case noWords
  case width(Int, limit: Int)

  package var outcome: Outcome { .usage }

  package var description: String {
    switch self {
    case .size(let size):
      size == .max
        ? "a student of these sizes is too large"
        : "a student's sizes and its number of labels should be from 1 to 16777215, but one is \(size)"
    case .words(let shape, let type, let expected):
      "the table of words should be floats of shape \(expected), but is \(shape) of \(type.rawValue)"
    case .noWords: "the teacher has no word embedding"
    case .width(let width, let limit):
      "a student's embedding should be from 1 to \(limit) wide, as the teacher's words are, but is to be \(width)"
    }
  }
}
