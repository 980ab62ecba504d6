import Glibc

/// The folder and the last component of a path; the folder of a bare name is `.`.
package func splitPath(_ path: String) -> (parent: String, name: String) {
  guard let slash = path.lastIndex(of: "/") else { return (".", path) }
  let parent = path[..<slash]
  return (parent.isEmpty ? "/" : String(parent), String(path[path.index(after: slash)...]))
}

package func joinPath(_ folder: String, _ name: String) -> String {
  if folder == "." { return name }
  return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
}

package func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

package func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// The size of a file in bytes; nil if there is none.
package func fileSize(_ path: String) -> Int? {
  var status = stat()
  return stat(path, &status) == 0 ? Int(status.st_size) : nil
}

/// The names in a folder, sorted; none if it cannot be read.
package func folderEntries(_ path: String) -> [String] {
  guard let folder = opendir(path) else { return [] }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}

/// Fails unless a folder may be read.
package func checkReadable(_ folder: String) throws {
  do {
    try checked("access") { access(folder, R_OK | X_OK) }
  } catch {
    throw Failure(InputReason.cannotOpen, at: Place(file: folder), cause: error)
  }
}

/// Makes a folder, unless there is one.
///
/// - Throws: ``Failure`` if it cannot be made.
package func makeFolder(_ path: String) throws {
  if mkdir(path, 0o777) != 0, errno != EEXIST {
    throw Failure(
      OutputReason.cannotCreate, at: Place(file: path),
      cause: SystemError(call: "mkdir", code: errno))
  }
}

/// Removes a file, or a folder and what is in it; links are removed, not followed.
package func removeTree(_ path: String) {
  var status = stat()
  guard lstat(path, &status) == 0 else { return }
  guard status.st_mode & S_IFMT == S_IFDIR else {
    unlink(path)
    return
  }
  for name in folderEntries(path) { removeTree(joinPath(path, name)) }
  rmdir(path)
}
