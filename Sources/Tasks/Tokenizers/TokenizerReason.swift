import Tensors

/// Why a folder gives no tokenizer.
enum TokenizerReason: Reason, Error {
  case noVocabulary
  /// Only the binary file of SentencePiece is there.
  case onlySentencePiece(String)
  case lfsPointer
  case notUTF8
  case syntax(String)
  case missing(String)
  case wrongValue(String, expected: String)
  case unsupported(String, String, known: [String])
  case idOutOfRange(Int)
  case tokenTooLong(Int)
  case vocabularyTooLarge
  case notInVocabulary(String, role: String)
  case mergeOfUnknown(String)
  case badCharacterMap(String)
  case nestedTooDeeply
  case badSentencePiece

  var description: String {
    switch self {
    case .noVocabulary: "holds no vocabulary"
    case .onlySentencePiece(let name): "holds \(name), but no tokenizer.json"
    case .lfsPointer: "is a Git LFS pointer, not the file it stands for"
    case .notUTF8: "is not valid UTF-8"
    case .syntax(let what): "is not valid JSON: \(what)"
    case .missing(let key): "lacks '\(printable(key))'"
    case .wrongValue(let key, let expected): "'\(printable(key))' should be \(expected)"
    case .unsupported(let key, let value, let known):
      "'\(printable(key))' is '\(printable(value))', expected one of \(known.joined(separator: ", "))"
    case .idOutOfRange(let id): "token id \(id) is out of range"
    case .tokenTooLong(let count):
      "holds a token of \(count) bytes, at most \(Vocabulary.tokenLimit) are taken"
    case .vocabularyTooLarge: "holds more tokens than can be taken"
    case .notInVocabulary(let token, let role):
      "the \(role) '\(printable(token))' is not in the vocabulary"
    case .mergeOfUnknown(let merge): "the merge '\(printable(merge))' is of unknown tokens"
    case .badCharacterMap(let what): "'precompiled_charsmap' \(what)"
    case .nestedTooDeeply: "nests its parts too deeply"
    case .badSentencePiece: "is no file of SentencePiece, or a damaged one"
    }
  }

  var hint: String? {
    switch self {
    case .noVocabulary:
      "looked for tokenizer.json, vocab.txt, and vocab.json with merges.txt"
    case .onlySentencePiece:
      "save the tokenizer with Hugging Face transformers as a fast one, which writes tokenizer.json"
    case .lfsPointer: "run 'git lfs pull' where it was cloned"
    default: nil
    }
  }
}
