import Documents
import Tensors

/// The examples of a JSON file: objects on lines of their own, a list of objects, or SQuAD's document.
struct JSONExamples {
  private let source: SourceText
  private let description: TaskDescription

  init(_ source: SourceText, _ description: TaskDescription) {
    self.source = source
    self.description = description
  }

  func read() throws -> TaskContents {
    do {
      return try source.withBytes { try isLines($0) ? readLines($0) : readDocument($0) }
    } catch let failure as Failure {
      throw failure.within(Place(file: source.path))
    }
  }

  /// Whether there are objects on lines of their own; one line alone that is an object may be either.
  func isLines(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    if ["jsonl", "ndjson"].contains(ending(of: source.path)) { return true }
    let filled = TextLines(bytes).lazy.map(\.line).filter { !$0.isBlank }.prefix(2)
    let lines = Array(filled)
    return lines.count == 2 && lines[0].bytes.last { $0 != UInt8(ascii: " ") } == UInt8(ascii: "}")
      && lines[1].hasPrefix("{")
  }

  private func readLines(_ bytes: UnsafeBufferPointer<UInt8>) throws -> TaskContents {
    var records: (any RecordReading)?
    var emptyLines = 0
    for (number, line) in TextLines(bytes) {
      guard !line.isBlank else {
        emptyLines += 1
        continue
      }
      do {
        let node = JSONNode(try parse(line.bytes))
        if records == nil { records = try makeRecords(node) }
        try records?.add(node, line: number)
      } catch let failure as Failure {
        throw source.failure(line: number, failure.reason)
      }
    }
    var contents = try records.orThrow(TableReason.noExamples).finished()
    contents.notes.emptyLines = emptyLines
    return contents
  }

  private func readDocument(_ bytes: UnsafeBufferPointer<UInt8>) throws -> TaskContents {
    let document = JSONNode(try parse(bytes[...]))
    let isList = document.value.array != nil
    let nodes = try (isList ? document : document.required("data")).elements()
    if nodes.first?.value["paragraphs"] != nil {
      try check(.qa)
      return try SQuADDocument(document, nodes).read()
    }
    var records = try makeRecords(nodes.first.orThrow(TableReason.noExamples))
    for (index, node) in nodes.enumerated() { try records.add(node, line: index + 1) }
    return try records.finished()
  }

  /// Values take up many times the memory of their text.
  private static let limit = 256 << 20

  private func parse(_ bytes: TextLine.Bytes) throws -> JSON {
    guard bytes.count <= Self.limit else { throw Failure(JSONReason.tooLarge(bytes.count)) }
    return try JSON.parse(Array(bytes), file: source.path)
  }

  private func check(_ kind: Task.Kind) throws {
    if let declared = description.kind, declared != kind {
      throw Failure(TableReason.kindNeeds(declared, "other files than SQuAD's"))
    }
    try description.check(for: kind)
  }

  /// What reads objects such as the first.
  private func makeRecords(_ first: JSONNode) throws -> any RecordReading {
    guard let members = first.value.members else { throw first.wrong("an object") }
    let names = members.map(\.key)
    let kind = description.kind ?? kind(of: Set(names))
    switch kind {
    case .tags?:
      try check(.tags)
      return try TaggedRecords(description, names)
    case .qa?:
      try check(.qa)
      return try QuestionRecords(description, names)
    default: return try TextRecords(description, first)
    }
  }

  /// The kind of what is not made of texts and a label.
  private func kind(of names: Set<String>) -> Task.Kind? {
    let fields = Set(description.columns.keys)
    if names.isSuperset(of: ["question", "context", "answers"]) || fields.contains(.answers) {
      return .qa
    }
    let isTagged =
      !names.isDisjoint(with: TaggedRecords.usualTokens)
      && !names.isDisjoint(with: TaggedRecords.usualTags)
    return isTagged || fields.contains(.tags) ? .tags : nil
  }
}

/// Makes examples of JSON objects, one after the other.
protocol RecordReading {
  mutating func add(_ node: JSONNode, line: Int) throws
  func finished() throws -> TaskContents
}

extension RecordReading {
  /// The member of an object that a field is, by the description or by the first usual name.
  static func key(
    _ field: TaskDescription.Field, _ usual: [String], _ description: TaskDescription,
    _ names: [String]
  ) throws -> String {
    switch description.columns[field] {
    case .name(let name): return name
    case .number(let number): throw Failure(TableReason.numberInObject(number))
    case nil:
      return try usual.first(where: names.contains)
        .orThrow(TableReason.unknownColumns([field.rawValue], names: names))
    }
  }
}

extension Optional {
  func orThrow(_ reason: @autoclosure () -> any Reason) throws -> Wrapped {
    guard let self else { throw Failure(reason()) }
    return self
  }
}
