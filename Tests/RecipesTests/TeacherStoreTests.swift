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

  @Test func onlyTheTeacherAndTheTextCount() throws {
    let teacher = Places.sample("encoders/bert/token-classification")
    let first = try store(sequences, teacher).outputs("logits", of: encoder(teacher), as: .f32)
    #expect(first.count == 45 && first.columns == 5)
    let again = try store(sequences, teacher).outputs("logits", of: refuse(), as: .f32)
    #expect(again.count == 45)
    let other = Places.sample("encoders/bert/sequence-classification")
    #expect(throws: WasRun.self) {
      try store(sequences, other).outputs("logits", of: refuse(), as: .f32)
    }
    #expect(throws: WasRun.self) {
      try store(sequences.reversed(), teacher).outputs("logits", of: refuse(), as: .f32)
    }
    #expect(throws: WasRun.self) {
      try store(sequences, teacher).outputs("layer-3-first", of: refuse(), as: .f32)
    }
    #expect(try folder.names().count == 1)
  }

  @Test func aDamagedFileIsWorkedOutAnew() throws {
    let teacher = Places.sample("encoders/bert/sequence-classification")
    _ = try store(sequences, teacher).outputs("logits", of: encoder(teacher), as: .f16)
    let name = try #require(try folder.names().first)
    let whole = try bytes(of: "\(folder.path)/\(name)")
    for count in [0, 7, 60, whole.count - 1] {
      _ = try folder.file(name, Array(whole.prefix(count)))
      _ = try store(sequences, teacher).outputs("logits", of: encoder(teacher), as: .f16)
      #expect(try bytes(of: "\(folder.path)/\(name)") == whole)
    }
  }
}
