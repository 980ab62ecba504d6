import Checkpoints
import Dialects
import Encoders
import Recipes
import Tensors
import TestSupport
import Testing
import Training

@Suite struct BiLSTMStudentTests {
  private func student(seed: UInt64 = 7, words: Tensor? = nil) throws -> Checkpoint {
    try BiLSTMStudent.checkpoint(
      vocabulary: 50, embedding: 12, hidden: 20, projection: 16, labels: ["no", "yes"],
      readout: .maxPool, seed: seed, words: words)
  }

  private func floats(_ checkpoint: Checkpoint, _ module: Module, _ kind: Role.Kind) throws
    -> [Float]
  {
    try #require(checkpoint.parameter(Role(module, kind))).stored.floats()
  }

  @Test func aStudentIsWholeAndCanBeRun() throws {
    let student = try student()
    #expect(student.contradictions.isEmpty)
    #expect(student.architecture.labels == ["no", "yes"])
    let encoder = try Encoder(student, reading: .logits)
    let output = try Session(encoder).run([TokenSequence(ids: [3, 1, 4, 1, 5])])[0]
    #expect(output.columns == 2 && output.values.allSatisfy(\.isFinite))
    // Written and read, it is the same model.
    let dialect = try Dialects.named("bilstm")
    let renamed = student.renamed(to: dialect, style: .flat).tensors
    let container = Container(
      format: "memory", files: [], byteCount: 0,
      tensors: renamed.map { NamedTensor($0.targetName, $0.tensor) })
    let read = try Dialects.interpret(container, configuration: student.configuration)
    #expect(read.architecture == student.architecture)
    #expect(read.counts.uniqueParameters == student.counts.uniqueParameters)
  }

  @Test func kernelsAreGlorotUniform() throws {
    let student = try student()
    for (module, inputs, outputs) in [
      (Module.lstm(.forward, .input), 12, 80), (.lstm(.backward, .input), 12, 80),
      (.projection, 40, 16), (.head(.classifier), 16, 2),
    ] {
      let values = try floats(student, module, .weight)
      let limit = (6 / Float(inputs + outputs)).squareRoot()
      #expect(values.allSatisfy { abs($0) <= limit })
      #expect(values.map(abs).max()! > 0.8 * limit)
      let mean = values.reduce(0, +) / Float(values.count)
      #expect(abs(mean) < 3 * limit / Float(3 * values.count).squareRoot())
    }
    let words = try floats(student, .embedding(.word), .weight)
    #expect(words.allSatisfy { abs($0) <= 0.05 } && words.contains { abs($0) > 0.045 })
  }

  @Test func recurrentColumnsAreOrthonormal() throws {
    for direction in Direction.allCases {
      let values = try floats(student(), .lstm(direction, .recurrent), .weight)
      for left in 0..<20 {
        for right in 0...left {
          let product = (0..<80).reduce(Float(0)) {
            $0 + values[$1 * 20 + left] * values[$1 * 20 + right]
          }
          #expect(abs(product - (left == right ? 1 : 0)) < 1e-5)
        }
      }
    }
  }

  @Test func forgetGatesBeginOpen() throws {
    let bias = try floats(student(), .lstm(.backward, .input), .bias)
    #expect(bias == (0..<80).map { (20..<40).contains($0) ? 1 : 0 })
    #expect(try floats(student(), .projection, .bias).allSatisfy { $0 == 0 })
  }

  @Test func seedsDecide() throws {
    let (first, again, other) = (try student(), try student(), try student(seed: 8))
    for parameter in first.parameters where parameter.role.kind == .weight {
      let values = try parameter.stored.allBytes()
      #expect(try again.parameter(parameter.role)?.stored.allBytes() == values)
      #expect(try other.parameter(parameter.role)?.stored.allBytes() != values)
    }
    #expect(
      try floats(first, .lstm(.forward, .recurrent), .weight)
        != floats(first, .lstm(.backward, .recurrent), .weight))
  }

  /// Inner products of words are those of the teacher's at full rank, and near them below.
  @Test func wordsAreTheTeachers() throws {
    let teacher = try Model.open(Places.sample("bert-tiny")).checkpoint
    let original = try floats(teacher, .embedding(.word), .weight)
    func product(_ values: [Float], _ width: Int, _ left: Int, _ right: Int) -> Float {
      (0..<width).reduce(0) { $0 + values[left * width + $1] * values[right * width + $1] }
    }
    var errors: [Float] = []
    for width in [4, 8, 12, 16] {
      let words = try BiLSTMStudent.words(of: teacher, width: width)
      #expect(words.shape == [40, width])
      let values = try words.floats()
      var error: Float = 0
      for left in 0..<40 {
        for right in 0..<40 {
          let difference =
            product(values, width, left, right) - product(original, 16, left, right)
          error += difference * difference
        }
      }
      errors.append(error)
    }
    #expect(zip(errors, errors.dropFirst()).allSatisfy { $0 > $1 })
    #expect(errors[3] < 1e-8)
    let words = try BiLSTMStudent.words(of: teacher, width: 12)
    let student = try BiLSTMStudent.checkpoint(
      vocabulary: 40, embedding: 12, hidden: 4, projection: 8, labels: ["a"], readout: .perToken,
      seed: 1, words: words)
    #expect(try floats(student, .embedding(.word), .weight) == words.floats())
  }

  @Test func whatCannotBeIsRefused() throws {
    let teacher = try Model.open(Places.sample("bert-tiny")).checkpoint
    #expect(throws: Failure.self) { try BiLSTMStudent.words(of: teacher, width: 17) }
    #expect(throws: Failure.self) { try BiLSTMStudent.words(of: teacher, width: 0) }
    let words = try BiLSTMStudent.words(of: teacher, width: 3)
    #expect(throws: Failure.self) { try student(words: words) }
    for hidden in [0, -1, 1 << 24, .max] {
      #expect(throws: Failure.self) {
        try BiLSTMStudent.checkpoint(
          vocabulary: 5, embedding: 2, hidden: hidden, projection: 2, labels: ["a"],
          readout: .lastState, seed: 0)
      }
    }
  }
}
