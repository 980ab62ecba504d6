import Glibc
import Tensors

/// Text that comes in through a pipe.
public enum StandardInput {
  /// Reads all lines, to the end of the input; a last line needs no line feed, and a carriage return
  /// before one is no part of it.
  ///
  /// - Returns: also how many lines held invalid UTF-8, which is replaced by U+FFFD.
  /// - Throws: ``Failure`` if the input cannot be read.
  public static func lines() throws -> (lines: [String], replaced: Int) {
    let bytes = try read()
    var lines: [String] = []
    var replaced = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      if let text = String(validating: line, as: UTF8.self) {
        lines.append(text)
      } else {
        lines.append(String(decoding: line, as: UTF8.self))
        replaced += 1
      }
    }
    if lines.last?.isEmpty == true { lines.removeLast() }
    return (lines, replaced)
  }

  /// What messages call it.
  static let name = "standard input"

  /// Puts all that comes in into a file, which is there as long as its folder is.
  ///
  /// - Throws: ``Failure`` if the input cannot be read, or there is no room for it.
  static func spool() throws -> (folder: ScratchFolder, file: String) {
    let folder = try ScratchFolder()
    let path = joinPath(folder.path, "input")
    let output = try OutputTransaction(.file(path), replacing: false)
    let file = SequentialOutput(try output.makeFile("input"))
    try eachPiece { try file.write($0) }
    try file.finish()
    try output.commit()
    return (folder, path)
  }

  private static func read() throws -> [UInt8] {
    var bytes: [UInt8] = []
    try eachPiece { bytes += $0 }
    return bytes
  }

  private static func eachPiece(_ body: (ArraySlice<UInt8>) throws -> Void) throws {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count: Int
      do {
        count = try checked("read") { Glibc.read(STDIN_FILENO, &buffer, buffer.count) }
      } catch {
        throw Failure(InputReason.cannotRead, at: Place(file: name), cause: error)
      }
      if count == 0 { return }
      try body(buffer[..<count])
    }
  }
}
