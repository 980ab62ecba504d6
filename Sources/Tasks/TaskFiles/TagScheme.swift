import Documents
import Tensors

/// Collects tagged sentences, and turns their tags into BIO.
///
/// Tags are either all `O`, `B-TYPE` or `I-TYPE`, or all plain, such as parts of speech. In BIO an entity
/// begins with `B-`; where one begins with `I-` (always in IOB1, but for an entity next to another of its
/// type) that becomes `B-`, which changes no entity.
struct TagScheme {
  private(set) var contents = TaskContents(kind: .tags)
  private var firstPlain: (line: Int, tag: String)?
  private var hasEntities = false
  /// `B-` where no entity of the type stands before, as IOB1 never has it.
  private var hasFreeBeginning = false

  /// - Precondition: there are as many tags as words.
  mutating func add(line: Int, words: [String], tags: [String], tagLine: (Int) -> Int) {
    precondition(words.count == tags.count)
    for (index, tag) in tags.enumerated() {
      guard let isEntity = isEntity(tag) else {
        if firstPlain == nil { firstPlain = (tagLine(index), tag) }
        continue
      }
      if isEntity {
        hasEntities = true
        let isContinued = index > 0 && tags[index - 1].dropFirst() == tag.dropFirst()
        if tag.utf8.first == UInt8(ascii: "B"), !isContinued { hasFreeBeginning = true }
      }
    }
    contents.examples.append(Example(line: line, words: words, gold: .tags(tags)))
  }

  /// - Parameter mayBePlain: whether the metric can do without entities.
  func finished(mayBePlain: Bool) throws -> TaskContents {
    var contents = contents
    if let (line, tag) = firstPlain {
      guard mayBePlain, !hasEntities else {
        throw Failure(TextReason(line: line, TagReason.tag(tag)))
      }
      contents.hasPlainTags = true
      return contents
    }
    for index in contents.examples.indices {
      guard case .tags(var tags) = contents.examples[index].gold else { continue }
      let converted = beginEntities(&tags)
      guard converted > 0 else { continue }
      contents.notes.convertedTags += converted
      contents.examples[index].gold = .tags(tags)
    }
    contents.notes.isIOB1 = contents.notes.convertedTags > 0 && !hasFreeBeginning
    return contents
  }

  /// How many tags `I-` that begin an entity became `B-`.
  private func beginEntities(_ tags: inout [String]) -> Int {
    var count = 0
    for index in tags.indices where tags[index].utf8.first == UInt8(ascii: "I") {
      let type = tags[index].dropFirst()
      if index > 0, tags[index - 1].dropFirst() == type { continue }
      tags[index] = "B" + type
      count += 1
    }
    return count
  }

  /// Whether a tag is within an entity; nil if it is plain.
  private func isEntity(_ tag: String) -> Bool? {
    if tag == "O" { return false }
    let bytes = tag.utf8
    guard bytes.count > 2, bytes.dropFirst().first == UInt8(ascii: "-"),
      bytes.first == UInt8(ascii: "B") || bytes.first == UInt8(ascii: "I")
    else { return nil }
    return true
  }
}

/// What can be wrong with tagged words.
enum TagReason: Reason {
  case tag(String)
  case noTag(needed: Int, found: Int)
  case counts(words: Int, tags: Int)
  case undeclared(Int, known: Int?)

  var description: String {
    switch self {
    case .tag(let tag):
      "the tag '\(printable(tag))' is none of O, B-TYPE and I-TYPE"
    case .noTag(let needed, let found):
      "column \(needed) is needed, but the row ends after \(found)"
    case .counts(let words, let tags): "there are \(words) tokens but \(tags) tags"
    case .undeclared(let tag, nil): "the tag is the number \(tag), but the task declares no labels"
    case .undeclared(let tag, let known?):
      "the tag is the number \(tag), but the task declares \(known) labels"
    }
  }

  var hint: String? {
    switch self {
    case .tag(let tag):
      ["S", "E", "L", "U", "M"].contains(String(tag.prefix(1))) && tag.dropFirst().first == "-"
        ? "BIOES and BILOU have to be turned into BIO first"
        : "plain tags are measured by the metric accuracy"
    case .undeclared: "declare the names of the tags in their order: labels: [O, B-PER, …]"
    default: nil
    }
  }
}
