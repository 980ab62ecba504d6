import Glibc

/// How the bytes of input files are reached.
public enum FileAccess: String, Sendable, CaseIterable {
  /// Read with `pread`, piece by piece: the faster way through a large file, whose pages need not be
  /// mapped and given back, on any file system.
  case read
  /// Mapped into memory.
  case mmap
}

/// A regular file opened for reading.
///
/// Mapped pages are given back after each use, so that a sweep over a file of any size holds no more
/// of it than what is lent at that time.
public final class InputFile: Sendable {
  public let path: String
  public let byteCount: Int
  package let descriptor: Int32
  private let mapping: Mapping?

  /// - Throws: ``Failure`` if the path cannot be opened or is not a regular file.
  public convenience init(_ path: String, access: FileAccess = .read) throws {
    do {
      let descriptor = try checked("open") { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
      try self.init(adopting: descriptor, path: path, access: access)
    } catch let error as SystemError {
      throw Failure(InputReason.cannotOpen, at: Place(file: path), cause: error)
    }
  }

  /// Takes over an open descriptor; it is closed also when this throws.
  package init(adopting descriptor: Int32, path: String, access: FileAccess) throws {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw Failure(InputReason.notARegularFile, at: Place(file: path))
    }
    self.path = path
    self.descriptor = descriptor
    self.byteCount = Int(status.st_size)
    self.mapping = access == .mmap ? Mapping(descriptor, byteCount: Int(status.st_size)) : nil
  }

  deinit { close(descriptor) }

  /// Fails unless a range lies within the file.
  package func check(_ range: Range<Int>) throws {
    guard range.lowerBound >= 0, range.upperBound <= byteCount else {
      throw Failure(
        InputReason.truncated(needed: range.upperBound, found: byteCount),
        at: Place(file: path, offset: range.lowerBound))
    }
  }

  /// Lends a range of the file for the duration of a call.
  package func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try check(range)
    if let mapping {
      defer { mapping.giveBack(range) }
      return try body(UnsafeRawBufferPointer(rebasing: mapping.bytes[range]))
    }
    return try withScratch(range.count) { buffer in
      try read(range, into: buffer)
      return try body(UnsafeRawBufferPointer(buffer))
    }
  }

  /// A copy of a range of the file.
  package func bytes(_ range: Range<Int>) throws -> [UInt8] {
    try check(range)
    return try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      try read(range, into: UnsafeMutableRawBufferPointer(buffer))
      count = range.count
    }
  }

  private func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws {
    var done = 0
    while done < range.count {
      do {
        let count = try checked("pread") {
          pread(
            descriptor, buffer.baseAddress! + done, range.count - done, range.lowerBound + done)
        }
        guard count > 0 else {
          throw Failure(
            InputReason.truncated(needed: range.upperBound, found: range.lowerBound + done),
            at: Place(file: path, offset: range.lowerBound + done))
        }
        done += count
      } catch let error as SystemError {
        throw Failure(
          InputReason.cannotRead, at: Place(file: path, offset: range.lowerBound + done),
          cause: error)
      }
    }
  }
}

/// What tells two names of one file from two files.
package struct FileIdentity: Hashable, Sendable {
  let device: UInt64
  let inode: UInt64

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }

  /// The identity of whatever a path names, or nil if it names nothing.
  package init?(of path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }
}

/// A file mapped for reading.
private final class Mapping: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer

  /// Nil where the file is empty or the file system does not map.
  init?(_ descriptor: Int32, byteCount: Int) {
    guard byteCount > 0 else { return nil }
    let start = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let start, start != MAP_FAILED else { return nil }
    bytes = UnsafeRawBufferPointer(start: start, count: byteCount)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count) }

  /// Lets go of the pages that lie wholly within a range; they stay in the page cache.
  func giveBack(_ range: Range<Int>) {
    let page = 4096
    let start = (range.lowerBound + page - 1) / page * page
    let end = range.upperBound / page * page
    // Below this, the call costs more than the pages are worth.
    guard end - start >= 16 * page else { return }
    madvise(
      UnsafeMutableRawPointer(mutating: bytes.baseAddress! + start), end - start, MADV_DONTNEED)
  }
}

/// Why an input file cannot be read.
package enum InputReason: Reason {
  case cannotOpen
  case cannotRead
  case notARegularFile
  case truncated(needed: Int, found: Int)

  package var description: String {
    switch self {
    case .cannotOpen: "cannot be opened"
    case .cannotRead: "cannot be read"
    case .notARegularFile: "is not a regular file"
    case .truncated(let needed, let found):
      "the file ends too early: \(needed) bytes needed, \(found) found"
    }
  }
}
