import Glibc
import Tensors

/// The lines of a text file of any size, read a piece at a time.
///
/// Lines end with LF or CR LF; empty ones are left out, a mark U+FEFF at the front too. Invalid UTF-8 becomes U+FFFD.
package struct TextFile {
  private let file: InputFile
  private var offset = 0
  /// What was read and not yet handed out.
  private var rest: ArraySlice<UInt8> = []
  private var line = 0

  /// In bytes: nobody writes longer lines, and a file without line ends would be held in memory as a whole.
  static let lineLimit = 1 << 20
  private static let pieceSize = 1 << 20

  package init(_ path: String) throws {
    file = try InputFile(path)
    let front = try file.bytes(0..<min(3, file.byteCount))
    if front.starts(with: [0xFF, 0xFE]) || front.starts(with: [0xFE, 0xFF]) {
      throw Failure(TrainingDataReason.utf16, at: Place(file: path))
    }
    if front == [0xEF, 0xBB, 0xBF] { offset = 3 }
  }

  /// The next lines that hold anything, at most so many; none at the end.
  ///
  /// - Throws: ``Failure`` with the number of a line that is too long.
  package mutating func next(_ count: Int) throws -> [String] {
    var lines: [String] = []
    while lines.count < count, let bytes = try nextLine() {
      let isBlank = bytes.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
      if !isBlank { lines.append(String(decoding: bytes, as: UTF8.self)) }
    }
    return lines
  }

  private mutating func nextLine() throws -> ArraySlice<UInt8>? {
    line += 1
    var searched = rest.startIndex
    while true {
      if let end = rest[searched...].firstIndex(of: 0x0A) {
        defer { rest = rest[(end + 1)...] }
        return try checked(rest[..<end])
      }
      guard offset < file.byteCount else {
        defer { rest = [] }
        return rest.isEmpty ? nil : try checked(rest)
      }
      _ = try checked(rest)
      let piece = offset..<min(file.byteCount, offset + Self.pieceSize)
      let known = rest.count
      rest = ArraySlice(Array(rest) + (try file.bytes(piece)))
      searched = rest.startIndex + known
      offset = piece.upperBound
    }
  }

  private func checked(_ bytes: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
    guard bytes.count <= Self.lineLimit else {
      throw Failure(
        TrainingDataReason.lineTooLong(line, limit: Self.lineLimit), at: Place(file: file.path))
    }
    return bytes.last == 0x0D ? bytes.dropLast() : bytes
  }
}
