import Tasks
import Tensors
import Training

/// Where augmented texts go: a file like their source, or a task's folder with what else belongs to it.
struct AugmentationOutput {
  private let destination: Destination
  /// Of the file of texts.
  private let name: String
  /// What is put beside it: another split as it stands, or a task.yaml.
  private var companions: [(name: String, content: Companion)] = []
  /// What is read, and so is not to be touched.
  private let inputs: [String]

  private enum Companion {
    case copy(String)
    case text(String)
  }

  /// - Throws: ``Failure`` of usage if the output's name says that it is another kind of file than the source.
  init(_ records: TaskRecords, of task: TaskRequest, to destination: Destination) throws {
    self.destination = destination
    let source = records.task.path
    let (folder, name) = splitPath(source)
    let described = TaskFiles.description(in: folder)
    switch destination {
    case .standardOutput: self.name = name
    case .file(let path):
      self.name = splitPath(path).name
      let found = TaskFiles.ending(of: path)
      guard found == records.ending else {
        throw Failure(
          AugmentationReason.otherEnding(found, source: records.ending), at: Place(file: path))
      }
    case .folder:
      // What was one file is what is learned from.
      self.name = isFolder(task.path) ? name : "train.\(records.ending)"
      if isFolder(task.path) {
        companions = TaskFiles.splits(in: folder, besides: source).map {
          (splitPath($0).name, .copy($0))
        }
      }
      if task.description != TaskDescription() {
        companions.append((TaskFiles.descriptionName, .text(records.description.yaml)))
      } else if let described {
        companions.append((TaskFiles.descriptionName, .copy(described)))
      }
    }
    inputs = [source] + [described].compactMap(\.self)
  }

  init(linesOf path: String, to destination: Destination) throws {
    self.destination = destination
    name = splitPath(path).name
    inputs = [path]
  }

  private var names: [String] { [name] + companions.map(\.name) }

  /// Fails where the output cannot be put, or would replace what is read.
  func check(replacing: Bool) throws {
    try destination.check(replacing: replacing, names: names)
    guard destination != .standardOutput else { return }
    let copied = companions.compactMap { companion -> String? in
      if case .copy(let path) = companion.content { path } else { nil }
    }
    let identities = Set((inputs + copied).compactMap { FileIdentity(of: $0) })
    let written =
      destination.isForFolder
      ? names.map { joinPath(destination.path, $0) } : [destination.path]
    for path in written {
      if let identity = FileIdentity(of: path), identities.contains(identity) {
        throw Failure(OutputReason.isTheInput, at: Place(file: path))
      }
    }
  }

  /// Begins the output with what stands beside the texts.
  func open(replacing: Bool) throws -> File {
    let output = try OutputTransaction(destination, replacing: replacing, names: names)
    for (name, content) in companions {
      let file = SequentialOutput(try output.makeFile(name))
      switch content {
      case .text(let text): try file.write(text.utf8)
      case .copy(let path):
        let input = try InputFile(path)
        try file.write(input.bytes(0..<input.byteCount))
      }
      try file.finish()
    }
    return File(output: output, file: SequentialOutput(try output.makeFile(name)))
  }

  /// The file of texts on its way.
  struct File {
    fileprivate let output: OutputTransaction
    fileprivate let file: SequentialOutput

    func write(_ bytes: [UInt8]) throws { try file.write(bytes) }

    /// Puts everything in its place.
    func commit() throws {
      try file.finish()
      try output.commit()
    }
  }
}
