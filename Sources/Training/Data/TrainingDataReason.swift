import Tasks
import Tensors

/// Why nothing can be learned from data.
package enum TrainingDataReason: Reason {
  case noMask
  case noWords
  case noText
  case lineTooLong(Int, limit: Int)
  case utf16
  case oneClass(String, count: Int)
  case noClass(String, known: [String])
  case kind(Task.Kind)
  case tooFew(Int, needed: Int)

  package var outcome: Outcome {
    switch self {
    case .kind: .usage
    default: .badInput
    }
  }

  package var description: String {
    switch self {
    case .noMask: "masked-language modelling needs a mask token, which the tokenizer does not have"
    case .noWords: "the vocabulary has no tokens but special ones"
    case .noText: "holds no text: lines of text are expected, but all are empty"
    case .lineTooLong(let line, let limit): "line \(line) has more than \(limit) bytes"
    case .utf16: "is UTF-16, but UTF-8 is expected"
    case .oneClass(let name, let count):
      "all \(grouped(count)) labels are '\(printable(name))', but at least two classes are needed to learn from"
    case .noClass(let name, let known):
      "the tag '\(printable(name))' is none of the model's: \(known.prefix(12).map(printable).joined(separator: ", "))"
    case .kind(let kind):
      "a model is not trained on a task of kind \(kind.rawValue)"
    case .tooFew(let count, let needed):
      "has \(count) \(count == 1 ? "example" : "examples"), but at least \(needed) are needed"
    }
  }

  package var hint: String? {
    switch self {
    case .noText: "give one sentence a line"
    case .utf16: "iconv -f UTF-16 -t UTF-8 converts it"
    case .kind: "train it as regression: scores of pairs"
    default: nil
    }
  }
}
