import CSystem
import Glibc

extension OutputFile {
  /// A file that lives in memory and has no name.
  ///
  /// - Parameter path: the name that errors are reported under.
  package static func inMemory(reportedAs path: String) throws -> OutputFile {
    do {
      let descriptor = try checked("memfd_create") { pare_memory_file("pare") }
      return OutputFile(adopting: descriptor, path: path)
    } catch {
      throw Failure(OutputReason.cannotCreate, at: Place(file: path), cause: error)
    }
  }

  /// The same file for reading.
  package func reopened(access: FileAccess = .mmap) throws -> InputFile {
    do {
      let copy = try checked("fcntl") { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
      return try InputFile(adopting: copy, path: path, access: access)
    } catch let error as SystemError {
      throw Failure(InputReason.cannotOpen, at: Place(file: path), cause: error)
    }
  }
}
