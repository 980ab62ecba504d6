import Checkpoints
import Encoders
import Testing

@testable import Training

/// Losses against rows that a teacher has said, and their gradients, against PyTorch in double precision.
@Suite struct TeacherLossTests {
  @Test func logitsOfWordsArePyTorchs() throws {
    let golden = try GoldenTeacherLosses("words")
    let matching = OutputMatching.words(try golden.words)
    try compare(golden) { losses, output, examples, tape in
      try LogitLosses(losses, of: golden.outputs, matching).terms(output, examples, tape)
    }
  }

  @Test func logitsOfAnswersArePyTorchs() throws {
    let golden = try GoldenTeacherLosses("spans")
    let matching = OutputMatching.tokens(golden.sequences.store)
    try compare(golden) { losses, output, examples, tape in
      try LogitLosses(losses, of: golden.outputs, matching, areSpans: true)
        .terms(output, examples, tape)
    }
  }

  @Test(arguments: [("last-state", OutputMatching.examples), ("per-token", nil)])
  func projectionsArePyTorchs(_ readout: String, _ matching: OutputMatching?) throws {
    let golden = try GoldenTeacherLosses("projection--\(readout)")
    let loss = try ProjectionLoss(
      weight: 0.5, of: golden.outputs, matching ?? .tokens(golden.sequences.store), width: 8,
      seed: 3)
    for (parameter, golden) in zip(loss.parameters, golden.map) {
      for (index, value) in golden.values.enumerated() { parameter.values.start[index] = value }
    }
    try compare(golden) { _, output, examples, tape in
      [try #require(try loss.term(output, examples, tape))]
    }
    #expect(loss.parameters.count == 2 && golden.map.count == 2)
    for (parameter, golden) in zip(loss.parameters, golden.map) {
      #expect(parameter.difference(from: golden.gradient) == nil)
    }
  }

  private typealias Terms = (
    DistillationLosses, ModelOutput, [Int], Tape
  ) throws -> [(weight: Float, node: Node)]

  /// With all sequences in one batch, the last first, which changes no mean.
  private func compare(_ golden: GoldenTeacherLosses, _ terms: Terms) throws {
    let checkpoint = try golden.checkpoint
    let names = Dictionary(uniqueKeysWithValues: checkpoint.parameters.map { ($0.role, $0.name) })
    let sequences = golden.sequences
    let examples = Array(sequences.indices.reversed())
    #expect(!golden.results.isEmpty)
    for (text, wanted, gradients) in golden.results {
      let model = try TrainableModel(checkpoint)
      let tape = try Tape(threads: 2)
      tape.begin(step: 1)
      let output = try model.forward(
        examples.map { sequences[$0] }, tape, ForwardOptions(dropout: false))
      let loss = try tape.sum(
        try terms(try DistillationLosses(text), output, examples, tape))
      try tape.backward(from: loss)
      #expect(abs(Double(loss.scalar) - wanted) <= 1e-5 * max(1, wanted), "\(text)")
      var compared = 0
      for parameter in model.parameters {
        guard let gradient = gradients[names[parameter.id.role]!] else {
          #expect(parameter.denseGradient.allSatisfy { abs($0) < 1e-6 }, "\(text): \(parameter.id)")
          continue
        }
        compared += 1
        #expect(parameter.difference(from: gradient) == nil, "\(text)")
      }
      // PyTorch has two biases of a direction, and tells one.
      #expect(compared == gradients.count, "\(text)")
    }
  }
}

extension GoldenTeacherLosses {
  /// What makes the golden's pairs: words that begin where it has a row.
  fileprivate var words: WordMatching {
    get throws {
      var (student, teacher) = (TrainingExamples(), TrainingExamples())
      for sequence in sequences { student.sequences.append(sequence) }
      student.wordStarts = [Int32](repeating: -100, count: student.sequences.tokenCount)
      let rows = outputs.count
      teacher.wordStarts = [Int32](repeating: -100, count: rows)
      var end = 0
      for example in sequences.indices {
        let range = student.sequences.range(of: example)
        let own = pairs.filter { range.contains($0.student) }
        for (word, pair) in own.enumerated() {

          student.wordStarts[pair.student] = Int32(2 * word)
          teacher.wordStarts[pair.teacher] = Int32(2 * word)
        }
        let next = example == sequences.count - 1 ? rows : (own.last?.teacher ?? end) + 2
        teacher.sequences.append(TokenSequence(ids: [Int32](repeating: 1, count: next - end)))
        end = next
      }
      return WordMatching(student: student, teacher: teacher)
    }
  }
}
