import Documents
import Tensors

/// Tagged sentences as CoNLL's shared tasks have them: a token a line, its tag in the last column, an
/// empty line between sentences.
///
/// A line that holds a tab is split at tabs, any other at runs of spaces. Lines that begin with
/// `-DOCSTART-` are no tokens.
struct TaggedLines {
  private let source: SourceText
  private let description: TaskDescription

  init(_ source: SourceText, _ description: TaskDescription) {
    self.source = source
    self.description = description
  }

  func read() throws -> TaskContents {
    do {
      return try source.withBytes(read)
    } catch let failure as Failure {
      throw failure.within(Place(file: source.path))
    }
  }

  private func read(_ bytes: UnsafeBufferPointer<UInt8>) throws -> TaskContents {
    let token = try index(.tokens) ?? 0
    let tag = try index(.tags)
    var scheme = TagScheme()
    var (words, tags, start): ([String], [String], Int) = ([], [], 0)
    func endSentence() {
      guard !words.isEmpty else { return }
      let first = start
      scheme.add(line: first, words: words, tags: tags) { first + $0 }
      words.removeAll()
      tags.removeAll()
    }
    for (number, line) in TextLines(bytes) {
      if line.isBlank || line.hasPrefix("-DOCSTART-") {
        endSentence()
        continue
      }
      if words.isEmpty { start = number }
      let columns = line.columns
      let tagIndex = tag ?? max(1, columns.count - 1)
      guard max(token, tagIndex) < columns.count else {
        let reason = TagReason.noTag(needed: max(token, tagIndex) + 1, found: columns.count)
        throw Failure(TextReason(line: number, reason))
      }
      let word = String(decoding: columns[token], as: UTF8.self)
      words.append(description.stripPrefix?.strip(word) ?? word)
      tags.append(String(decoding: columns[tagIndex], as: UTF8.self))
    }
    endSentence()
    return try scheme.finished(mayBePlain: description.metric != .entityF1)
  }

  private func index(_ field: TaskDescription.Field) throws -> Int? {
    switch description.columns[field] {
    case nil: return nil
    case .number(let number): return number - 1
    case .name(let name): throw Failure(TableReason.nameWithoutHeader(name))
    }
  }
}

/// The lines of a text with their numbers, counted from one; line ends are `\n` and `\r\n`.
struct TextLines: Sequence, IteratorProtocol {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var number = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  mutating func next() -> (number: Int, line: TextLine)? {
    guard position < bytes.count else { return nil }
    let rest = bytes[position...]
    let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    let last = end > position && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
    defer { position = end + 1 }
    number += 1
    return (number, TextLine(bytes: bytes[position..<last]))
  }
}

/// One line of a text without its end.
struct TextLine {
  typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>
  let bytes: Bytes

  var isBlank: Bool { bytes.allSatisfy { $0 == space || $0 == tab } }

  func hasPrefix(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { bytes.starts(with: $0) }
  }

  /// Between tabs, if there are any, or else between runs of spaces. Beyond the greatest number that a column
  /// may have, the rest of the line is one.
  var columns: [Bytes] {
    let limit = TaskDescription.columnLimit
    return bytes.contains(tab)
      ? bytes.split(separator: tab, maxSplits: limit, omittingEmptySubsequences: false)
      : bytes.split(separator: space, maxSplits: limit)
  }
}

private let space = UInt8(ascii: " ")
private let tab = UInt8(ascii: "\t")
