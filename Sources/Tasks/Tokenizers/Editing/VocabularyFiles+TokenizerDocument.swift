import Checkpoints
import Documents
import Tensors

extension VocabularyFiles {
  /// A tokenizer.json with the tokens that stay: vocabulary, merges, added tokens, and the identifiers in post-processor and padding.
  func tokenizerDocument(_ path: String) throws -> [UInt8]? {
    var splice = try JSONSplice(path)
    if let numbers {
      splice.replace("model.vocab", with: try vocabulary(splice, numbers))
      if case .bytePair = model { splice.replace("model.merges", with: try merges(splice)) }
      try splice.edit("model.unk_id") { id in JSON(id.integer.flatMap { numbers[$0] }) }
      try splice.edit("added_tokens") { added in
        .array(
          (added.array ?? []).compactMap { token in
            token["id"]?.integer.flatMap { numbers[$0] }.map {
              token.setting("id", to: .integer($0))
            }
          })
      }
      try splice.edit("post_processor") { renumbered($0, numbers) }
      try splice.edit("padding") { padding in
        guard let id = padding["pad_id"]?.integer.flatMap({ numbers[$0] }) else { return padding }
        return padding.setting("pad_id", to: .integer(id))
      }
    }
    if let limit {
      try splice.edit("truncation") { truncation in
        guard let length = truncation["max_length"]?.integer, length > limit else {
          return truncation
        }
        return truncation.setting("max_length", to: .integer(limit))
      }
    }
    return splice.document
  }

  private func vocabulary(
    _ splice: JSONSplice, _ numbers: TokenRenumbering
  ) throws -> [UInt8] {
    var result: [UInt8] = []
    try splice.scan("model.vocab") { scanner in
      if case .unigram = model {
        result = try scanner.filteredPieces { numbers[$0] != nil }
      } else {
        result = try scanner.renumberedObject(numbers)
      }
    }
    return result
  }

  private func merges(_ splice: JSONSplice) throws -> [UInt8] {
    var result = TokenTable(open: "[")
    try splice.scan("model.merges") { scanner in
      try scanner.eachElement { (scanner) throws(Failure) in
        if scanner.peek() == UInt8(ascii: "[") {
          var pair: [[UInt8]] = []
          try scanner.eachElement { (scanner) throws(Failure) in
            try scanner.string { (_, text) throws(Failure) in pair.append(Array(text)) }
          }
          guard pair.count == 2, keeps(pair[0], pair[1]) else { return }
          let texts = pair.map { $0.withUnsafeBufferPointer(JSON.text) }
          result.add("[\(texts[0]), \(texts[1])]")
        } else {
          try scanner.string { (_, merge) throws(Failure) in
            if keeps(merge: merge) { result.add(JSON.text(merge)) }
          }
        }
      }
    }
    return result.closed("]")
  }

  /// A post-processor with new identifiers: lists of them in a template, a pair of token and identifier elsewhere.
  private func renumbered(_ processor: JSON, _ numbers: TokenRenumbering) -> JSON {
    func number(_ id: JSON) -> JSON { id.integer.flatMap { numbers[$0] }.map(JSON.integer) ?? id }
    var result = processor
    for side in ["cls", "sep"] {
      guard let pair = processor[side]?.array, pair.count == 2 else { continue }
      result = result.setting(side, to: [pair[0], number(pair[1])])
    }
    if let special = processor["special_tokens"]?.members {
      let members: [(key: String, value: JSON)] = special.map { token, value in
        (token, value.setting("ids", to: .array((value["ids"]?.array ?? []).map(number))))
      }
      result = result.setting("special_tokens", to: .object(members))
    }
    if let parts = processor["processors"]?.array {
      result = result.setting("processors", to: .array(parts.map { renumbered($0, numbers) }))
    }
    return result
  }
}

extension JSONScanner {
  /// The pieces of a Unigram vocabulary that stay, with their scores.
  fileprivate mutating func filteredPieces(
    _ isKept: (Int) -> Bool
  ) throws(Failure) -> [UInt8] {
    var result = TokenTable(open: "[")
    var id = 0
    try eachElement { (scanner) throws(Failure) in
      var piece = ""
      try scanner.expect("[")
      try scanner.string { (_, text) throws(Failure) in piece = JSON.text(text) }
      try scanner.expect(",")
      let score = try scanner.number()
      try scanner.expect("]")
      if isKept(id) { result.add("[\(piece), \(score)]") }
      id += 1
    }
    return result.closed("]")
  }
}

extension JSON {
  /// An object with a member changed; other values, and objects that lack it, as they are.
  fileprivate func setting(_ key: String, to value: JSON) -> JSON {
    guard var members, let index = members.lastIndex(where: { $0.key == key }) else { return self }
    members[index].value = value
    return .object(members)
  }
}
