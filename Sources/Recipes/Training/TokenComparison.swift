import Encoders
import Tasks
import Tensors
import Training

/// Whether two tokenizers cut texts into the same tokens, whatever numbers these have.
struct TokenComparison {
  let student: Tokenizer
  let teacher: Tokenizer

  /// - Throws: ``Failure`` that says which example is cut differently, counted from 1.
  func check(_ students: TokenStore, _ teachers: TokenStore) throws {
    var known: [Int32: Int32] = [:]
    for index in 0..<students.count {
      let (own, other) = (students[index].ids, teachers[index].ids)
      guard own.count == other.count else {
        throw Failure(
          DistillationReason.cut(
            example: index + 1, student: own.count, teacher: other.count))
      }
      for (id, otherID) in zip(own, other) where known[id] != otherID {
        guard id == student.specialTokens.unk || isSame(id, otherID) else {
          throw Failure(
            DistillationReason.token(
              example: index + 1, student: student.token(id) ?? "\(id)",
              teacher: teacher.token(otherID) ?? "\(otherID)"))
        }
        known[id] = otherID
      }
    }
  }

  /// A token of the same text, or of the same part.
  private func isSame(_ id: Int32, _ other: Int32) -> Bool {
    let parts: [KeyPath<Tokenizer.SpecialTokens, Int32?>] = [\.cls, \.sep, \.mask, \.pad, \.unk]
    if let text = student.token(id), text == teacher.token(other) { return true }
    return parts.contains {
      student.specialTokens[keyPath: $0] == id && teacher.specialTokens[keyPath: $0] == other
    }
  }
}
