import Documents
import Tensors

extension Task {
  /// Reads one split of a task.
  ///
  /// - Parameter path: a folder, or the file of one split. A task.yaml beside the examples says what
  ///   they do not show.
  /// - Parameter split: which file of a folder; unless said `dev`, or else `validation`.
  /// - Parameter options: win over what the task.yaml says.
  /// - Throws: ``Failure`` with the line, or the way through a JSON document, of what is wrong.
  public static func read(
    _ path: String, split: String? = nil, overriding options: TaskDescription = TaskDescription()
  ) throws -> Task {
    let files = try TaskFiles(path, split: split)
    var description = TaskDescription()
    if let path = files.description { description = try TaskDescription(contentsOf: path) }
    description.override(with: options)
    let source = try SourceText(files.data)
    return try Task(source, description)
  }

  init(_ source: SourceText, _ description: TaskDescription) throws {
    if let kind = description.kind { try description.check(for: kind) }
    var contents = try TaskContainer(of: source, description).read(source, description)
    contents.notes.replacedSequences = source.replacedSequences
    guard !contents.examples.isEmpty else {
      throw Failure(TableReason.noExamples, at: Place(file: source.path))
    }
    let usual = contents.hasPlainTags ? .accuracy : contents.kind.metrics[0]
    self.init(
      path: source.path, kind: contents.kind, metric: description.metric ?? usual,
      labels: description.labels, examples: contents.examples,
      allowsNoAnswer: contents.allowsNoAnswer, notes: contents.notes)
  }
}

/// The forms that a task's files have.
enum TaskContainer: Equatable {
  case table(DelimitedRows.Form)
  case taggedLines
  case json

  /// Seen from the name's ending, and from the content where endings do not tell.
  init(of source: SourceText, _ description: TaskDescription) {
    switch ending(of: source.path) {
    case "json", "jsonl", "ndjson": self = .json
    case "conll", "bio", "iob", "iob2": self = .taggedLines
    case let ending:
      self = source.withBytes { bytes in
        if let kind = description.kind, kind == .tags { return .taggedLines }
        if ending != "tsv", ending != "csv", bytes.first == UInt8(ascii: "{") { return .json }
        if description.kind == nil, looksTagged(bytes) { return .taggedLines }
        return .table(ending == "csv" && !hasTabsOnly(bytes) ? .commas : .tabs)
      }
    }
  }

  func read(_ source: SourceText, _ description: TaskDescription) throws -> TaskContents {
    switch (self, description.kind) {
    case (.json, _): return try JSONExamples(source, description).read()
    case (.taggedLines, nil), (.taggedLines, .tags?):
      try description.check(for: .tags)
      return try TaggedLines(source, description).read()
    case (.table(let form), _) where description.kind != .qa:
      return try TableExamples(source, form, description).read()
    case (.taggedLines, let kind?):
      throw Failure(TableReason.kindNeeds(kind, "a table or JSON"), at: Place(file: source.path))
    case (.table, _):
      throw Failure(TableReason.kindNeeds(.qa, "JSON"), at: Place(file: source.path))
    }
  }
}

/// Whether the first row of a `.csv` is divided by tabs, as in the STS benchmark's own files.
private func hasTabsOnly(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
  guard let first = TextLines(bytes).first(where: { !$0.line.isBlank })?.line.bytes else {
    return false
  }
  return first.contains(UInt8(ascii: "\t"))
    && !first.prefix { $0 != UInt8(ascii: "\t") }.contains(UInt8(ascii: ","))
}

/// Whether the first lines all end with a tag of an entity, or of none.
private func looksTagged(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
  var count = 0
  for (_, line) in TextLines(bytes) where !line.isBlank {
    if line.hasPrefix("-DOCSTART-") { return true }
    let columns = line.columns
    guard columns.count >= 2, let tag = columns.last,
      tag.elementsEqual([UInt8(ascii: "O")])
        || tag.starts(with: [UInt8(ascii: "B"), UInt8(ascii: "-")])
        || tag.starts(with: [UInt8(ascii: "I"), UInt8(ascii: "-")])
    else { return false }
    count += 1
    if count == 100 { break }
  }
  return count > 0
}
