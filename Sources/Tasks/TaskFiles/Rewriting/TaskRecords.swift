import Documents
import Tensors

/// The records of a task's file in their order, each to be written again as it stands or with other texts: what else it holds, the header and
/// the other columns, stays.
///
/// Tables, and objects that hold texts and a label or score. A file with a mark at its front, or with invalid UTF-8, is written without.
package struct TaskRecords: Sendable {
  package let task: Task
  /// What its task.yaml and the options say together.
  package let description: TaskDescription
  /// The file's ending, in lower case, as what is written must have it to be read again.
  package let ending: String
  /// What stands before the records, between them, and behind the last.
  package let front: [UInt8]
  package let separator: [UInt8]
  package let back: [UInt8]
  private let form: any RecordForm

  /// Reads a split as ``Task/read(_:split:overriding:)`` does.
  ///
  /// - Throws: ``Failure`` as that, or of usage where the kind has no texts that may be changed while what is right stays.
  package init(
    _ path: String, split: String? = nil, overriding options: TaskDescription = TaskDescription()
  ) throws {
    let files = try TaskFiles(path, split: split)
    var description = try files.description.map(TaskDescription.init(contentsOf:)) ?? .init()
    description.override(with: options)
    self.description = description
    let source = try SourceText(files.data)
    task = try Task(source, description)
    ending = Tasks.ending(of: source.path)
    guard [.classification, .pair, .regression].contains(task.kind) else {
      throw Failure(TaskRecordsReason.kind(task.kind), at: Place(file: source.path))
    }
    let lineEnd = Array("\n".utf8)
    switch TaskContainer(of: source, description) {
    case .table(let form):
      let table = try TableRecords(source, form, description)
      (front, separator, back) = (table.header, lineEnd, lineEnd)
      self.form = table
    case .json
    where source.withBytes { JSONExamples(source, description).isLines($0) }:
      (front, separator, back) = ([], lineEnd, lineEnd)
      form = try LineRecords(source, description)
    case .json, .taggedLines:
      let list = try ListRecords(source, description)
      (front, separator, back) = (list.frame.front, Array(",\n".utf8), list.frame.back)
      form = list
    }
    guard form.count == task.examples.count else {
      preconditionFailure("records that are no examples")
    }
  }

  /// The bytes of a record.
  ///
  /// - Parameter texts: those that stand in place of its own; nil for its own.
  package func record(_ index: Int, _ texts: (first: String, second: String?)? = nil) throws
    -> [UInt8]
  {
    guard let texts else { return try form.record(index) }
    return try form.record(index, texts.first, texts.second)
  }
}

/// How the records of a file are cut out and put together.
protocol RecordForm: Sendable {
  var count: Int { get }

  /// A record as it stands.
  func record(_ index: Int) throws -> [UInt8]
  /// A record with other texts, the second where it has one.
  func record(_ index: Int, _ first: String, _ second: String?) throws -> [UInt8]
}

/// Why the texts of a task are not changed.
package enum TaskRecordsReason: Reason {
  case kind(Task.Kind)

  package var outcome: Outcome { .usage }

  package var description: String {
    switch self {
    case .kind(let kind):
      switch kind {
      case .tags: "a task of kind tags has a tag for each word, which other words would not have"
      case .qa: "a task of kind qa has answers within its texts, which other words would change"
      default: "a task of kind \(kind.rawValue) is not one to learn from"
      }
    }
  }

  package var hint: String? {
    if case .kind(.similarity) = self {
      "--kind regression takes its scores as what is to be learned"
    } else {
      nil
    }
  }
}
