import Tensors

/// The files of a task: one split, and the description beside it.
package struct TaskFiles {
  var data: String
  /// The task.yaml, if there is one.
  var description: String?

  package static let descriptionName = "task.yaml"
  static let endings = [
    "tsv", "csv", "txt", "conll", "bio", "iob", "iob2", "json", "jsonl", "ndjson",
  ]

  /// - Parameter path: a folder, the task.yaml in it, or the file of one split.
  /// - Parameter split: which file of a folder; unless said `dev`, or else `validation`.
  init(_ path: String, split: String?) throws {
    let (parent, name) = splitPath(path)
    if isFolder(path) || name == Self.descriptionName {
      let folder = isFolder(path) ? path : parent
      data = joinPath(folder, try Self.choose(split, in: folder))
      description = Self.description(in: folder)
    } else {
      if let split { throw Failure(TaskFilesReason.splitOfFile(split), at: Place(file: path)) }
      data = path
      description = Self.description(in: parent)
    }
  }

  /// The name of the file that holds a split.
  private static func choose(_ split: String?, in folder: String) throws -> String {
    try checkReadable(folder)
    let files = folderEntries(folder).filter { endings.contains(ending(of: $0)) }
    for wanted in split.map({ [$0] }) ?? ["dev", "validation"] {
      let matches = files.filter { stem(of: $0) == wanted }
      guard matches.count < 2 else {
        throw Failure(TaskFilesReason.ambiguous(matches), at: Place(file: folder))
      }
      if let match = matches.first { return match }
    }
    throw Failure(TaskFilesReason.noSplit(split, found: files), at: Place(file: folder))
  }

  /// Whether a folder has a split for evaluations, `dev` or `validation`; if several files are it, they are told when it is read.
  package static func hasValidation(in folder: String) -> Bool {
    folderEntries(folder).contains { name in
      endings.contains(ending(of: name)) && ["dev", "validation"].contains(stem(of: name))
    }
  }

  /// What stands after the last point of a name, in lower case.
  package static func ending(of name: String) -> String { Tasks.ending(of: name) }

  /// Whether a name has the ending of a task's file.
  package static func isExamples(_ name: String) -> Bool { endings.contains(ending(of: name)) }

  /// The paths of a folder's other splits: dev, validation and test, as far as they are there.
  package static func splits(in folder: String, besides file: String) -> [String] {
    folderEntries(folder).filter { name in
      isExamples(name) && ["train", "dev", "validation", "test"].contains(stem(of: name))
    }.map { joinPath(folder, $0) }.filter { $0 != file }
  }

  package static func description(in folder: String) -> String? {
    let path = joinPath(folder, descriptionName)
    return exists(path) ? path : nil
  }
}

/// What stands after the last point of a name, in lower case.
func ending(of name: String) -> String {
  name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
}

private func stem(of name: String) -> Substring {
  name.lastIndex(of: ".").map { name[..<$0] } ?? name[...]
}

/// Why the files of a task are not found.
enum TaskFilesReason: Reason {
  case noSplit(String?, found: [String])
  case ambiguous([String])
  case splitOfFile(String)

  var outcome: Outcome {
    switch self {
    case .noSplit(nil, _), .ambiguous: .badInput
    case .noSplit, .splitOfFile: .usage
    }
  }

  var description: String {
    switch self {
    case .noSplit(let split, let found):
      "the folder has no " + (split.map { "\(printable($0)).*" } ?? "dev.* or validation.*") + "; "
        + (found.isEmpty
          ? "it holds no file that ends with .tsv, .csv, .conll, .txt, .json or .jsonl"
          : "it holds \(listing(found))")
    case .ambiguous(let names): "which file is meant is not clear: \(listing(names))"
    case .splitOfFile(let split):
      "is a file, which is one split, so that the split '\(printable(split))' cannot be chosen"
    }
  }

  var hint: String? {
    switch self {
    case .noSplit(let split, let found):
      found.isEmpty
        ? nil : "\(split == nil ? "choose a split" : "choose another split") or give the file"
    case .ambiguous: "give the file instead of the folder"
    case .splitOfFile: "give the folder that the file is in"
    }
  }
}
