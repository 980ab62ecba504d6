import Encoders
import Tensors
import TestSupport
import Testing

@testable import Recipes
@testable import Training

/// What a teacher has said is found again by whoever has the same teacher and the same text.
@Suite struct TeacherStoreTests {
  private let folder = try! TemporaryFolder()
  private let sequences = (0..<9).map { TokenSequence(ids: (0...$0).map { Int32($0 + 5) }) }

  private func store(_ sequences: [TokenSequence], _ teacher: String) -> TeacherStore {
    var store = TokenStore()
    for sequence in sequences { store.append(sequence) }
    return TeacherStore(
      folder: folder.path, files: [teacher], sequences: store, threads: 2, nil)
  }

  private func encoder(_ teacher: String) throws -> Encoder {
    try Encoder(try Model.open(teacher).checkpoint, reading: .logits)
  }

  private struct WasRun: Error {}
  private func refuse() throws -> Encoder { throw WasRun() }

  private func outputs(
    _ sequences: [TokenSequence], _ teacher: String, _ name: String = "logits", tokens: Bool,
    columns: Int, _ encoder: () throws -> Encoder
  ) throws -> TeacherOutputs {
    try store(sequences, teacher).outputs(
      name, givesTokens: tokens, columns: columns, as: .f32, of: encoder())
  }

  @Test func onlyTheTeacherAndTheTextCount() throws {
    let teacher = Places.sample("encoders/bert/token-classification")
    let first = try outputs(sequences, teacher, tokens: true, columns: 5) { try encoder(teacher) }
    #expect(first.count == 45 && first.columns == 5)
    let again = try outputs(sequences, teacher, tokens: true, columns: 5, refuse)
    #expect(again.count == 45)
    let other = Places.sample("encoders/bert/sequence-classification")
    #expect(throws: WasRun.self) {
      try outputs(sequences, other, tokens: true, columns: 5, refuse)
    }
    #expect(throws: WasRun.self) {
      try outputs(sequences.reversed(), teacher, tokens: true, columns: 5, refuse)
    }
    #expect(throws: WasRun.self) {
      try outputs(sequences, teacher, "layer-3-first", tokens: true, columns: 5, refuse)
    }
    // Not what the teacher gives, whatever the file is called.
    for (tokens, columns) in [(false, 5), (true, 4)] {
      #expect(throws: WasRun.self) {
        try outputs(sequences, teacher, tokens: tokens, columns: columns, refuse)
      }
    }
    #expect(try folder.names().count == 1)
  }

  @Test func aDamagedFileIsWorkedOutAnew() throws {
    let teacher = Places.sample("encoders/bert/sequence-classification")
    func run() throws -> TeacherOutputs {
      try outputs(sequences, teacher, tokens: false, columns: 3) { try encoder(teacher) }
    }
    #expect(try run().count == 9)
    let name = try #require(try folder.names().first)
    let whole = try bytes(of: "\(folder.path)/\(name)")
    for count in [0, 7, 60, whole.count - 1] {
      _ = try folder.file(name, Array(whole.prefix(count)))
      #expect(try run().count == 9)
      #expect(try bytes(of: "\(folder.path)/\(name)") == whole)
    }
  }
}
