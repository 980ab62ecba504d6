import Glibc

/// An empty folder that is gone, with all that was put into it, when it is dropped, or the process is interrupted.
package final class ScratchFolder: Sendable {
  package let path: String

  /// - Throws: ``Failure`` if there is no place for it in the folder that `TMPDIR` names, or `/tmp`.
  package init() throws {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array(joinPath(parent, "pare-XXXXXX").utf8CString)
    do {
      try checked("mkdtemp") { mkdtemp(&template) == nil ? -1 : 0 }
    } catch {
      throw Failure(OutputReason.cannotCreate, at: Place(file: parent), cause: error)
    }
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    PartialOutputs.remember(path)
  }

  deinit {
    removeTree(path)
    PartialOutputs.forget(path)
  }
}
