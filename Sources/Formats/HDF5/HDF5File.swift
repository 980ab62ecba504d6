import Checkpoints
import Tensors

/// An HDF5 file, opened: its structure, and the tensors in it by their paths.
struct HDF5File {
  let path: String
  let byteCount: Int
  let structure: HDF5Structure
  /// All datasets of numbers, by their paths without a leading slash, in the order of the file; a
  /// dataset with two names comes twice.
  let tensors: [NamedTensor]
  let foreign: [ForeignTensor]
  let diagnostics: [Diagnostic]

  init(_ path: String, access: FileAccess) throws {
    let file = try InputFile(path, access: access)
    try HDF5Signature.check(file)
    try self.init(
      HDF5Bytes(file), structure: try HDF5Child.structure(of: file), path: path,
      byteCount: file.byteCount)
  }

  /// - Throws: ``Failure`` naming the object that lies outside the file, is damaged, or is not what
  /// it declares.
  init(_ bytes: HDF5Bytes, structure: HDF5Structure, path: String, byteCount: Int) throws {
    var tensors: [NamedTensor] = []
    var foreign: [ForeignTensor] = []
    var diagnostics: [Diagnostic] = []
    var contents: [String: HDF5Dataset.Content] = [:]
    func add(_ name: String, _ content: HDF5Dataset.Content, storedByteCount: Int) {
      switch content {
      case .tensor(let tensor): tensors.append(NamedTensor(name, tensor))
      case .foreign(let type, let shape):
        foreign.append(
          ForeignTensor(name: name, type: type, shape: shape, byteCount: storedByteCount))
      }
    }
    for entry in structure.entries {
      do {
        switch entry.kind {
        case .dataset(let dataset):
          let content = try dataset.content(in: bytes)
          contents[entry.path] = content
          add(entry.path, content, storedByteCount: dataset.storedByteCount)
        case .alias(let first):
          if let dataset = structure.dataset(first), let content = contents[first] {
            add(entry.path, content, storedByteCount: dataset.storedByteCount)
          }
          if let note = try structure.note(on: entry) { diagnostics.append(note) }
        default: if let note = try structure.note(on: entry) { diagnostics.append(note) }
        }
      } catch let failure as Failure {
        throw failure.within(Place(file: path, tensor: entry.path.isEmpty ? nil : entry.path))
      }
    }
    self.path = path
    self.byteCount = byteCount
    self.structure = structure
    self.tensors = tensors
    self.foreign = foreign
    self.diagnostics = diagnostics
  }
}

extension HDF5Structure {
  /// What should be known of a link; nil where there is nothing to say.
  ///
  /// - Throws: ``Failure`` if it leads out of the file, to nothing, or in a circle.
  fileprivate func note(on entry: HDF5Entry) throws -> Diagnostic? {
    func note(_ message: String, _ code: Diagnostic.Code = .skipped) -> Diagnostic {
      Diagnostic(.note, code, message, tensor: entry.path)
    }
    switch entry.kind {
    case .group, .dataset: return nil
    case .namedType: return note("a named datatype is left out")
    case .externalLink(let file): throw Failure(HDF5Reason.externalLink(file))
    case .userDefinedLink(let kind): throw Failure(HDF5Reason.userDefinedLink(kind))
    case .unreadable(let reason): throw Failure(HDF5Reason.unreadable(reason))
    case .softLink(let target):
      guard self[resolved(target, from: entry.path)] != nil else {
        throw Failure(HDF5Reason.danglingLink(target))
      }
      return note("a soft link to '\(printable(target))' is left out")
    case .alias(let first):
      if first.isEmpty || entry.path.hasPrefix(first + "/") {
        throw Failure(HDF5Reason.cycle(first))
      }
      return dataset(first) != nil
        ? note("is a second name of '/\(printable(first))'", .tie)
        : note("a second name of the group '/\(printable(first))' is left out")
    }
  }

  /// The path that a soft link names; HDF5 knows `.`, but no `..`.
  private func resolved(_ target: String, from path: String) -> String {
    let folder = target.hasPrefix("/") ? [] : path.split(separator: "/").dropLast()
    return (folder + target.split(separator: "/").filter { $0 != "." }).joined(separator: "/")
  }
}
