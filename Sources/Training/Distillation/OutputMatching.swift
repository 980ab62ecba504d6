/// Which rows of what a student gives for a batch stand beside which rows of a teacher's for all examples.
package enum OutputMatching: Sendable {
  /// Both have a row for each example.
  case examples
  /// Both have a row for each token, of tokens that are the same.
  case tokens(TokenStore)
  /// Both have a row for each token; the first token of each word stands beside the other's.
  case words(WordMatching)

  /// The student's rows in the batch, nil for all, and the teacher's beside them.
  func rows(
    of examples: [Int], _ ranges: [Range<Int>]
  ) -> (student: [Int]?, teacher: [Int]) {
    switch self {
    case .examples: return (nil, examples)
    case .tokens(let store): return (nil, examples.flatMap { store.range(of: $0) })
    case .words(let matching):
      let pairs = zip(examples, ranges).flatMap { example, range in
        matching[example].map { ($0.student + range.lowerBound, $0.teacher) }
      }
      return (pairs.map(\.0), pairs.map(\.1))
    }
  }
}

/// The first tokens of words as two tokenizers cut them: where a student has them in a sequence, and a teacher among all tokens.
///
/// A word that one of them has cut off, or made nothing of, is left out.
package struct WordMatching: Sendable {
  /// Counted from the start of the sequence.
  private var students: [Int32] = []
  private var teachers: [Int] = []
  /// Where the pairs of each example end.
  private var ends: [Int] = []

  /// - Precondition: both are the same examples, and tell where words begin.
  package init(student: TrainingExamples, teacher: TrainingExamples) {
    precondition(student.count == teacher.count)
    precondition(student.wordStarts.count == student.sequences.tokenCount)
    precondition(teacher.wordStarts.count == teacher.sequences.tokenCount)
    for example in 0..<student.count {
      let (own, other) = (
        student.sequences.range(of: example), teacher.sequences.range(of: example)
      )
      var place = other.lowerBound
      for token in own {
        let word = student.wordStarts[token]
        guard word >= 0 else { continue }
        // Words come in their order, and ignored tokens are less than any.
        while place < other.upperBound, teacher.wordStarts[place] < word { place += 1 }
        guard place < other.upperBound else { break }
        guard teacher.wordStarts[place] == word else { continue }
        students.append(Int32(token - own.lowerBound))
        teachers.append(place)
      }
      ends.append(students.count)
    }
  }

  subscript(example: Int) -> [(student: Int, teacher: Int)] {
    let range = (example == 0 ? 0 : ends[example - 1])..<ends[example]
    return range.map { (Int(students[$0]), teachers[$0]) }
  }
}
