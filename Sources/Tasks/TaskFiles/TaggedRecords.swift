import Documents
import Tensors

/// Objects that hold a list of words and a list of their tags, by name or by number.
struct TaggedRecords: RecordReading {
  static let usualTokens = ["tokens", "words"]
  static let usualTags = ["tags", "ner_tags", "labels", "pos_tags"]

  private var scheme = TagScheme()
  private let description: TaskDescription
  private let tokens: String
  private let tags: String

  init(_ description: TaskDescription, _ names: [String]) throws {
    self.description = description
    tokens = try Self.key(.tokens, Self.usualTokens, description, names)
    tags = try Self.key(.tags, Self.usualTags, description, names)
  }

  mutating func add(_ node: JSONNode, line: Int) throws {
    let words = try node.required(tokens).elements().map { node in
      let word = try node.text()
      return description.stripPrefix?.strip(word) ?? word
    }
    let tags = try node.required(tags).elements().map(tag)
    guard words.count == tags.count else {
      throw Failure(TagReason.counts(words: words.count, tags: tags.count))
    }
    guard !words.isEmpty else { return }
    scheme.add(line: line, words: words, tags: tags) { _ in line }
  }

  func finished() throws -> TaskContents {
    try scheme.finished(mayBePlain: description.metric != .entityF1)
  }

  private func tag(_ node: JSONNode) throws -> String {
    guard let number = node.value.integer else { return try node.text() }
    guard let labels = description.labels, labels.indices.contains(number) else {
      throw Failure(TagReason.undeclared(number, known: description.labels?.count))
    }
    return labels[number]
  }
}
