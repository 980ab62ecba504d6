import CSystem
import Glibc

/// A file being written beside the place where it will appear, under a hidden name.
///
/// Nothing is to be seen of it until its ``OutputTransaction`` is committed. Several threads may
/// write to ranges that do not overlap.
public final class OutputFile: Sendable {
  /// The name that errors are reported under: the one that the file will have.
  package let path: String
  package let descriptor: Int32
  private let isStream: Bool

  package init(adopting descriptor: Int32, path: String, isStream: Bool = false) {
    self.descriptor = descriptor
    self.path = path
    self.isStream = isStream
  }

  deinit { if !isStream { close(descriptor) } }

  /// Whether bytes can only be appended: true of standard output.
  package var isSequential: Bool { isStream }

  /// Sets the final size at once, so that a full disk is found out before the work.
  package func reserve(_ byteCount: Int) throws {
    guard !isStream else { return }
    try reporting { try checked("ftruncate") { ftruncate(descriptor, byteCount) } }
    let status = byteCount > 0 ? posix_fallocate(descriptor, 0, byteCount) : 0
    if status == ENOSPC || status == EFBIG || status == EDQUOT {
      try reporting { throw SystemError(call: "posix_fallocate", code: status) }
    }
  }

  /// Writes bytes at an offset from the start; to a stream the offset must be where it stands.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    try reporting {
      var done = 0
      while done < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
        done += try checked("write") {
          isStream
            ? Glibc.write(descriptor, rest.baseAddress!, rest.count)
            : pwrite(descriptor, rest.baseAddress!, rest.count, offset + done)
        }
      }
    }
  }

  package func write(_ bytes: [UInt8], at offset: Int) throws {
    try bytes.withUnsafeBytes { try write($0, at: offset) }
  }

  /// Reads back what was written.
  package func bytes(_ range: Range<Int>) throws -> [UInt8] {
    var status = stat()
    guard !isStream, fstat(descriptor, &status) == 0, range.upperBound <= Int(status.st_size) else {
      throw Failure(OutputReason.cannotWrite, at: Place(file: path, offset: range.lowerBound))
    }
    return try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      while count < range.count {
        let rest = UnsafeMutableRawBufferPointer(buffer)[count...]
        let offset = range.lowerBound + count
        let done = try checked("read") {
          pread(
            descriptor, UnsafeMutableRawBufferPointer(rebasing: rest).baseAddress!, rest.count,
            offset)
        }
        guard done > 0 else { throw SystemError(call: "read", code: EIO) }
        count += done
      }
    }
  }

  /// Asks the kernel to begin writing a range to the disk, so that the flush at the end finds little left.
  package func startFlushing(_ range: Range<Int>) {
    guard !isStream else { return }
    pare_start_flushing(descriptor, Int64(range.lowerBound), Int64(range.count))
  }

  /// Waits until the bytes are on the disk.
  package func flush() throws {
    guard !isStream else { return }
    try reporting { try checked("fsync") { fsync(descriptor) } }
  }

  private func reporting(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as SystemError {
      throw Failure(OutputReason.cannotWrite, at: Place(file: path), cause: error)
    }
  }
}

/// Why an output cannot be written.
package enum OutputReason: Reason {
  case cannotWrite
  case cannotCreate
  case cannotReplace
  case alreadyExists
  case parentMissing(String)
  case busy
  case notEnoughSpace(needed: Int, free: Int)
  case isAFolder
  case isAFile
  case isTheInput
  case notARegularFile
  case noName

  package var outcome: Outcome {
    switch self {
    case .isAFolder, .isAFile, .isTheInput, .notARegularFile, .noName: .usage
    default: .outputNotWritten
    }
  }

  package var description: String {
    switch self {
    case .cannotWrite: "cannot be written"
    case .cannotCreate: "cannot be created"
    case .cannotReplace: "cannot be put in place"
    case .alreadyExists: "already exists"
    case .parentMissing(let folder): "the folder '\(printable(folder))' does not exist"
    case .busy: "another run is writing to it"
    case .notEnoughSpace(let needed, let free):
      "not enough space: \(needed) bytes needed, \(free) free"
    case .isAFolder: "is a folder, a file was expected"
    case .isAFile: "is a file, a folder was expected"
    case .isTheInput: "is the input itself, which is never touched"
    case .notARegularFile: "is a device or a pipe, which is not replaced"
    case .noName: "the output has no name"
    }
  }

  package var hint: String? {
    switch self {
    case .alreadyExists: "use --force to replace it"
    case .isAFile: "a name that ends with .safetensors, .h5 or .hdf5 is written as a file"
    case .notARegularFile: "'-' writes to standard output"
    case .isTheInput: "write to another name, then move it"
    case .parentMissing(let folder): "create it first: mkdir -p '\(printable(folder))'"
    default: nil
    }
  }
}
