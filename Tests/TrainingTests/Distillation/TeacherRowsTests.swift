import Checkpoints
import Encoders
import Recipes
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Training

/// What is kept of a teacher, and which of its rows belong to which of a student's.
@Suite struct TeacherRowsTests {
  private let sequences = [5, 17, 1, 9, 3, 12].enumerated().map { index, length in
    TokenSequence(ids: (0..<length).map { Int32(($0 * 7 + index * 3) % 35 + 5) })
  }

  private func checkpoint(_ name: String) throws -> Checkpoint {
    try Model.open(Places.sample(name)).checkpoint
  }

  /// Of a layer's states those that the model gives when it is run beside a student.
  @Test(arguments: [Reading.hiddenStates, .sentence(Pooling([.cls]))])
  func statesAreThoseOfTheModel(_ reading: Reading) throws {
    let checkpoint = try checkpoint("encoders/bert/sequence-classification")
    let tensor = TeacherRows.tensor(
      of: try Encoder(checkpoint, reading: reading), for: sequences.store, as: .f16, threads: 2)
    let teacher = try FrozenTeacher(checkpoint, reading: sequences.store)
    let tape = try Tape(threads: 1)
    let output = try teacher.output(
      for: Array(sequences.indices), tape, hiddenStates: true, attention: .none)
    let last = output.hiddenStates[2].value
    let wanted =
      reading == .hiddenStates ? Array(0..<last.rows) : output.ranges.map(\.lowerBound)
    let outputs = TeacherOutputs(tensor)
    #expect(outputs.count == wanted.count && outputs.columns == 24)
    let found = try outputs.rows(Array(wanted.indices.reversed()), tape)
    for (row, token) in wanted.reversed().enumerated() {
      for column in 0..<24 {
        let difference = abs(found.row(row)[column] - last.row(token)[column])
        #expect(difference < 2e-3 * max(1, abs(last.row(token)[column])))
      }
    }
  }

  @Test(arguments: ["encoders/bert/sequence-classification", "encoders/bert/token-classification"])
  func anyPartIsThatOfTheWhole(_ name: String) throws {
    let tensor = TeacherRows.tensor(
      of: try Encoder(try checkpoint(name), reading: .logits), for: sequences.store, as: .f32,
      threads: 2)
    let whole = try tensor.withBytes { [UInt8]($0) }
    #expect(whole.count == tensor.byteCount && whole.contains { $0 != 0 })
    for size in [1, 7, 20, 33, 100] {
      for start in stride(from: 0, to: whole.count, by: size) {
        let range = start..<min(start + size, whole.count)
        #expect(try tensor.source.withBytes(range) { [UInt8]($0) } == Array(whole[range]))
      }
    }
  }

  /// A teacher of whole words and a student that has to cut them, each cutting a sentence off somewhere.
  @Test func wordsAreFoundWhateverTheirPieces() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file(
      "text.txt", Array("unbelievable film  boring\ndull\nthe bore is longly bad\n".utf8))
    let student = try TrainingExamples(
      transferWords: path, try Tokenizer(folder: Places.sample("bert-tiny")), limit: 6, threads: 1)
    let teacher = try TrainingExamples(
      transferWords: path, try Tokenizer(folder: Places.sample("sst2-tiny")), limit: 7, threads: 1)
    #expect(
      student.wordStarts == [-100, 0, -100, -100, 1, -100, -100, 0, -100, -100, 0, 1, 2, 3, -100])
    let matching = WordMatching(student: student, teacher: teacher)
    for example in 0..<3 {
      let range = teacher.sequences.range(of: example)
      for (own, other) in matching[example] {
        let word = student.wordStarts[student.sequences.range(of: example).lowerBound + own]
        #expect(range.contains(other) && teacher.wordStarts[other] == word && word >= 0)
      }
    }
    #expect((0..<3).map { matching[$0].count } == [2, 1, 4])
    let rows = OutputMatching.words(matching).rows(of: [2, 0], [0..<6, 6..<12])
    #expect(rows.student == [1, 2, 3, 4, 7, 10])
    #expect(rows.teacher.count == 6)
  }
}
