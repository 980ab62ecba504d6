import CHDF5
import Tensors

/// libhdf5 at work on one file, in a process of its own.
enum HDF5Child {
  /// Reads the structure of a file.
  ///
  /// - Throws: ``Failure`` if libhdf5 is not there, cannot read the file, or dies of it.
  static func structure(of file: InputFile) throws -> HDF5Structure {
    var result = pare_hdf5_result()
    defer { pare_hdf5_result_free(&result) }
    let status = pare_hdf5_index(file.descriptor, nil, &result)
    do {
      if let reason = HDF5ChildReason(
        status, signal: result.signal, message: result.message.map { String(cString: $0) } ?? "")
      {
        throw Failure(reason)
      }
      return try HDF5Index.decode(
        UnsafeRawBufferPointer(start: result.bytes, count: result.bytes == nil ? 0 : result.length))
    } catch let failure as Failure {
      throw failure.within(Place(file: file.path))
    }
  }
}

/// How the child process failed.
enum HDF5ChildReason: Reason {
  case libraryMissing
  case libraryMismatch(String)
  case notReadable(String)
  case refused(String)
  case crashed(signal: Int)
  case tookTooLong
  case tookTooMuchMemory
  case tooLarge(String)
  case brokenAnswer(String)
  case system(String)

  /// Nil where all is well.
  init?(_ status: pare_hdf5_status, signal: Int32, message: String) {
    switch status {
    case PARE_HDF5_OK: return nil
    case PARE_HDF5_LIBRARY_MISSING: self = .libraryMissing
    case PARE_HDF5_LIBRARY_MISMATCH: self = .libraryMismatch(message)
    case PARE_HDF5_NOT_READABLE: self = .notReadable(message)
    case PARE_HDF5_REFUSED: self = .refused(message)
    case PARE_HDF5_CRASHED: self = .crashed(signal: Int(signal))
    case PARE_HDF5_TIMED_OUT, PARE_HDF5_CPU_LIMIT: self = .tookTooLong
    case PARE_HDF5_MEMORY_LIMIT: self = .tookTooMuchMemory
    case PARE_HDF5_TOO_LARGE: self = .tooLarge(message)
    case PARE_HDF5_PROTOCOL: self = .brokenAnswer(message)
    default: self = .system(message)
    }
  }

  var description: String {
    switch self {
    case .libraryMissing: "HDF5 files need libhdf5, which was not found"
    case .libraryMismatch(let message): "libhdf5 cannot be used: \(printable(message))"
    case .notReadable(let message): "libhdf5 cannot read this file: \(printable(message))"
    case .refused(let message): "libhdf5 refuses: \(printable(message))"
    case .crashed(let signal):
      signal > 0
        ? "libhdf5 crashed on this file (signal \(signal))" : "libhdf5 gave up on this file"
    case .tookTooLong: "libhdf5 was stopped: it took too long on this file"
    case .tookTooMuchMemory: "libhdf5 was stopped: it took too much memory on this file"
    case .tooLarge(let message): "the structure is too large: \(printable(message))"
    case .brokenAnswer(let what): "libhdf5's process gave a broken answer: \(printable(what))"
    case .system(let message): "libhdf5's process cannot be started: \(printable(message))"
    }
  }

  var hint: String? {
    switch self {
    case .libraryMissing, .libraryMismatch:
      "install it: apt-get install libhdf5-103-1"
    case .notReadable, .crashed: "the file is damaged, or not HDF5; fetch it again"
    default: nil
    }
  }
}
