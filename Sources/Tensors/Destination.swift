import Glibc

/// Where a command's output goes.
public enum Destination: Sendable, Equatable {
  case file(String)
  case folder(String)
  case standardOutput

  package var isForFolder: Bool { if case .folder = self { true } else { false } }

  package var path: String {
    switch self {
    case .file(let path), .folder(let path): path
    case .standardOutput: "standard output"
    }
  }

  /// Fails where the output cannot be put, before any work is done.
  ///
  /// - Parameters:
  ///   - replacing: whether files that exist may be replaced.
  ///   - names: of the files that a folder is going to get.
  package func check(replacing: Bool, names: [String]) throws {
    guard self != .standardOutput else { return }
    let place = Place(file: path)
    if path.isEmpty { throw Failure(OutputReason.noName) }
    var status = stat()
    let parent = splitPath(withoutSlashes(path)).parent
    if stat(parent, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR {
      throw Failure(OutputReason.parentMissing(parent), at: place)
    }
    guard stat(path, &status) == 0 || stat(withoutSlashes(path), &status) == 0 else { return }
    let kind = status.st_mode & S_IFMT
    // Renaming would put a file in the place of a device or a pipe.
    guard kind == S_IFREG || kind == S_IFDIR else {
      throw Failure(OutputReason.notARegularFile, at: place)
    }
    switch (self, kind == S_IFDIR) {
    case (.file, true): throw Failure(OutputReason.isAFolder, at: place)
    case (.file, false): if !replacing { throw Failure(OutputReason.alreadyExists, at: place) }
    case (.folder, false): throw Failure(OutputReason.isAFile, at: place)
    default:
      if !replacing, let name = names.sorted().first(where: { exists(joinPath(path, $0)) }) {
        throw Failure(OutputReason.alreadyExists, at: Place(file: joinPath(path, name)))
      }
    }
  }

  /// Where the output is put together: in an existing folder, else beside the output, always on the
  /// file system on which it will stay.
  package var partialPath: String {
    if case .folder(let path) = self, isFolder(path) { return joinPath(path, ".pare-partial") }
    let (parent, name) = splitPath(withoutSlashes(path))
    // A name may be as long as the file system allows, and still needs a partial one.
    let short = String(decoding: name.utf8.prefix(200), as: UTF8.self)
    return joinPath(parent, ".\(short).pare-partial")
  }
}

private func withoutSlashes(_ path: String) -> String {
  var path = path
  while path.count > 1, path.hasSuffix("/") { path.removeLast() }
  return path
}
