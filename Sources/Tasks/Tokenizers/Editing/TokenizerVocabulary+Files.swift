import Checkpoints
import Documents
import Tensors

extension TokenizerVocabulary {
  public func files(keeping ids: [Int]?, limit: Int?) throws -> [String: [UInt8]] {
    let numbers = ids.map { TokenRenumbering(keeping: $0) }
    let editing = VocabularyFiles(
      folder: folder, model: tokenizer.model, numbers: numbers, limit: limit)
    var files: [String: [UInt8]] = [:]
    for (name, edit) in VocabularyFiles.known {
      let path = "\(folder)/\(name)"
      guard exists(path) else { continue }
      if let bytes = try edit(editing, path) { files[name] = bytes }
    }
    return files
  }
}

/// The files beside a model that name identifiers of tokens, and how each is rewritten.
struct VocabularyFiles {
  let folder: String
  let model: SubwordModel
  /// Nil where all tokens stay as they are.
  let numbers: TokenRenumbering?
  /// The most tokens that a text may have; nil for as many as the files say.
  let limit: Int?

  typealias Edit = @Sendable (VocabularyFiles, String) throws -> [UInt8]?

  /// An edit gives nil where a file stays as it is.
  static let known: [(String, Edit)] = [
    ("tokenizer.json", { try $0.tokenizerDocument($1) }),
    ("vocab.txt", { try $0.vocabularyLines($1) }),
    ("vocab.json", { try $0.vocabularyObject($1) }),
    ("merges.txt", { try $0.mergeLines($1) }),
    ("sentencepiece.bpe.model", { try $0.sentencePieces($1) }),
    ("spiece.model", { try $0.sentencePieces($1) }),
    ("tokenizer.model", { try $0.sentencePieces($1) }),
    ("tokenizer_config.json", { try $0.configuration($1) }),
    ("added_tokens.json", { try $0.addedTokens($1) }),
    ("generation_config.json", { try $0.generationConfiguration($1) }),
    ("sentence_bert_config.json", { try $0.sentenceConfiguration($1) }),
  ]

  // MARK: Plain tables

  /// The lines whose numbers stay.
  private func vocabularyLines(_ path: String) throws -> [UInt8]? {
    guard let numbers else { return nil }
    let bytes = try TextFile.read(path)
    var result: [UInt8] = []
    var id = 0
    bytes.withUnsafeBufferPointer { bytes in
      TextFile.eachLine(bytes) { line, _ in
        if numbers[id] != nil { result += line + [0x0A] }
        id += 1
      }
    }
    return result
  }

  private func vocabularyObject(_ path: String) throws -> [UInt8]? {
    guard let numbers else { return nil }
    let bytes = try TextFile.read(path)
    return try bytes.withUnsafeBufferPointer { bytes throws(Failure) in
      var scanner = JSONScanner(bytes, path: path)
      return try scanner.renumberedObject(numbers)
    }
  }

  private func mergeLines(_ path: String) throws -> [UInt8]? {
    guard numbers != nil else { return nil }
    let bytes = try TextFile.read(path)
    var result: [UInt8] = []
    bytes.withUnsafeBufferPointer { bytes in
      TextFile.eachLine(bytes) { line, _ in
        if line.starts(with: "#version".utf8) || keeps(merge: line) { result += line + [0x0A] }
      }
    }
    return result
  }

  private func addedTokens(_ path: String) throws -> [UInt8]? {
    guard let numbers else { return nil }
    let members = try JSON.read(path).members ?? []
    let kept: [(key: String, value: JSON)] = members.compactMap { token, id in
      id.integer.flatMap { numbers[$0] }.map { (token, .integer($0)) }
    }
    return pretty(.object(kept))
  }

  // MARK: Settings

  private func configuration(_ path: String) throws -> [UInt8]? {
    var splice = try JSONSplice(path)
    if let numbers {
      try splice.edit("added_tokens_decoder") { decoder in
        .object(
          (decoder.members ?? []).compactMap { id, token in
            Int(id).flatMap { numbers[$0] }.map { ("\($0)", token) }
          })
      }
    }
    try limit(&splice, "model_max_length")
    return splice.document
  }

  private func sentenceConfiguration(_ path: String) throws -> [UInt8]? {
    var splice = try JSONSplice(path)
    try limit(&splice, "max_seq_length")
    return splice.document
  }

  /// Lowers a limit. One that is none is written as a number beyond 64 bits, which is no JSON value here.
  private func limit(_ splice: inout JSONSplice, _ name: String) throws {
    guard let limit else { return }
    let present = (try? splice.value(name))?.flatMap(\.number) ?? .infinity
    if present > Double(limit) { splice.replace(name, with: [UInt8]("\(limit)".utf8)) }
  }

  private func generationConfiguration(_ path: String) throws -> [UInt8]? {
    try numbers.map { pretty(try JSON.read(path).renumberingTokens($0)) }
  }

  private func pretty(_ value: JSON) -> [UInt8] { [UInt8]((value.text(pretty: true) + "\n").utf8) }

  // MARK: Merges

  /// Whether both tokens of a merge, with one space between them, and what they become stay.
  func keeps(merge: some Collection<UInt8>) -> Bool {
    let parts = merge.split(separator: 0x20, omittingEmptySubsequences: false)
    return parts.count == 2 && keeps(Array(parts[0]), Array(parts[1]))
  }

  func keeps(_ first: [UInt8], _ second: [UInt8]) -> Bool {
    guard case .bytePair(let bytePair) = model else { return true }
    let prefix = bytePair.settings.continuationPrefix
    let rest = second.starts(with: prefix) ? Array(second.dropFirst(prefix.count)) : second
    return [first, second, first + rest].allSatisfy { token in
      bytePair.vocabulary.id(of: token).flatMap { numbers?[Int($0)] } != nil
    }
  }
}

extension JSONScanner {
  /// An object of tokens and identifiers with those that stay, under their new numbers.
  mutating func renumberedObject(_ numbers: TokenRenumbering) throws(Failure) -> [UInt8] {
    var result = TokenTable(open: "{")
    try eachMember { (scanner, token) throws(Failure) in
      guard let number = numbers[try scanner.integer()] else { return }
      result.add(JSON.text(token) + ": \(number)")
    }
    return result.closed("}")
  }
}

/// A JSON array or object, one entry a line.
struct TokenTable {
  private var text: [UInt8]
  private var isEmpty = true

  init(open bracket: String) { text = [UInt8](bracket.utf8) }

  mutating func add(_ entry: String) {
    text += (isEmpty ? "\n      " : ",\n      ").utf8
    text += entry.utf8
    isEmpty = false
  }

  func closed(_ bracket: String) -> [UInt8] { text + "\n    \(bracket)".utf8 }
}

extension JSON {
  /// A string as JSON writes it.
  static func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    JSON.string(String(decoding: bytes, as: UTF8.self)).text()
  }
}
