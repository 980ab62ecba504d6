import Glibc
import Tensors

/// A folder that one run at a time uses: locked as long as this lives, however the process ends.
package final class RunLock {
  private let file: Int32

  package static let name = ".lock"

  /// Makes the folder where there is none.
  ///
  /// - Throws: ``Failure`` if it cannot be made, or another run is at work in it.
  package init(_ path: String) throws {
    do {
      try checked("mkdir") { mkdir(path, 0o777) == 0 || errno == EEXIST ? 0 : -1 as Int32 }
      // A file of its own, as every output locks the folder around it while it begins.
      file = try checked("open") {
        open(joinPath(path, Self.name), O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      }
    } catch {
      throw Failure(OutputReason.cannotCreate, at: Place(file: path), cause: error)
    }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      close(file)
      throw Failure(RunReason.busy, at: Place(file: path))
    }
  }

  deinit { close(file) }
}
