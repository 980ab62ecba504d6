import Tensors

/// Why nothing is distilled.
package enum DistillationReason: Reason {
  case loss(String, known: [String])
  case weight(String, String)
  case choice(String, String, of: [String])
  case noLoss
  case notLearnedFrom
  case noTransfer
  case labels(teacher: [String], student: [String])
  case layerMap(String)
  case layers(LayerMap, student: Int, teacher: Int)
  case layer(Int, of: String, count: Int)
  case noLayers
  case sharedLayers(Int)
  case onlyProjection
  case tooGreat(ElementType)
  case width(Int, expected: Int)
  case cut(example: Int, student: Int, teacher: Int)
  case token(example: Int, student: String, teacher: String)

  package var outcome: Outcome {
    switch self {
    case .labels, .cut, .token, .width, .noLayers, .tooGreat, .sharedLayers: .badInput
    default: .usage
    }
  }

  package var description: String {
    switch self {
    case .loss(let word, let known):
      "a loss KEY=WEIGHT is expected, but '\(printable(word))' is found; known are \(known.joined(separator: ", "))"
    case .weight(let key, let value):
      "\(key) should be a number from 0, but is '\(printable(value))'"
    case .choice(let key, let value, let known):
      "\(key) should be one of \(known.joined(separator: ", ")), but is '\(printable(value))'"
    case .noLoss:
      "no loss counts anything: one of hard, soft, kl, logits, logit-p, hidden, attention and embeddings should"
    case .notLearnedFrom:
      "a teacher's outputs are learned from in tasks of classification, pairs, regression, tags and answers"
    case .noTransfer: "answers are learned from questions and their contexts, not from plain text"
    case .labels(let teacher, let student):
      "the teacher's classes are \(teacher.map(printable).joined(separator: "/")), the task's \(student.map(printable).joined(separator: "/"))"
    case .layerMap(let text):
      "layers should be uniform, last, rosita or pairs STUDENT:TEACHER as 0:1,1:3, but are '\(printable(text))'"
    case .layers(let map, let student, let teacher):
      "layers=\(map) is for students of no more layers than the teacher's \(teacher), but this one has \(student)"
    case .layer(let index, let owner, let count):
      "there is no layer \(index) of the \(owner), which has the layers 0…\(count - 1)"
    case .noLayers: "has no transformer's layers to be learned from"
    case .onlyProjection:
      "a BiLSTM student has neither attention nor layers like a transformer's: of these only hidden can be learned, by its projection"
    case .sharedLayers(let layer):
      "the teacher shares its layers in groups, so that it cannot be run to its layer \(layer) alone"
    case .tooGreat(let type): "the teacher gives numbers beyond what \(type.rawValue) holds"
    case .width(let width, let expected):
      "the student's states are \(width) wide, where \(expected) was to be mapped to the teacher's"
    case .cut(let example, let student, let teacher):
      "sequence \(example) is \(teacher) tokens to the teacher and \(student) to the student, where they are to be compared token by token"
    case .token(let example, let student, let teacher):
      "sequence \(example) has the token '\(printable(teacher))' to the teacher where it has '\(printable(student))' to the student, where they are to be compared token by token"
    }
  }

  package var hint: String? {
    switch self {
    case .cut, .token:
      "give a student with the teacher's tokenizer, or learn from logits: soft, kl, logits, logit-p"
    default: nil
    }
  }
}
