import Tensors

/// Why no texts are made of others.
package enum AugmentationReason: Reason {
  case noPlainWords
  case noMaskedHead(String)
  case otherEnding(String, source: String)

  package var outcome: Outcome {
    switch self {
    case .noPlainWords, .noMaskedHead: .badInput
    case .otherEnding: .usage
    }
  }

  package var description: String {
    switch self {
    case .noPlainWords:
      "the vocabulary has no whole words of the letters a to z to put in others' places"
    case .noMaskedHead(let head):
      "words are found by a masked-language-model head; this model has \(head == "none" ? "none" : "the head \(head)")"
    case .otherEnding(let found, let source):
      "is written as its source is, so its name should end with .\(source), not .\(printable(found))"
    }
  }

  package var hint: String? {
    if case .noMaskedHead = self {
      "without --mlm, words are replaced by their neighbours in MODEL's embeddings"
    } else {
      nil
    }
  }
}
