import Documents
import Tensors

/// The lines of a file, read piece by piece: no more is held than one piece and one line.
struct LineReader {
  let file: InputFile
  private static let pieceLength = 1 << 20
  /// Far longer than any program writes.
  static let lineLimit = 1 << 16

  /// One line, without its end.
  struct Line {
    let bytes: [UInt8]
    /// Counted from one.
    let number: Int
    let offset: Int
    /// Whether an end of line stands behind it.
    let isEnded: Bool
  }

  /// - Throws: ``Failure`` if a line is too long, the file cannot be read, or the body throws.
  func visit(_ body: (Line) throws -> Void) throws {
    var rest: [UInt8] = []
    var (number, offset) = (1, 0)
    for start in stride(from: 0, to: file.byteCount, by: Self.pieceLength) {
      let piece = rest + (try file.bytes(start..<min(start + Self.pieceLength, file.byteCount)))
      var from = 0
      while let end = piece[from...].firstIndex(of: UInt8(ascii: "\n")) {
        try check(piece[from..<end], number, offset)
        try body(
          Line(bytes: Array(piece[from..<end]), number: number, offset: offset, isEnded: true))
        (number, offset, from) = (number + 1, offset + end + 1 - from, end + 1)
      }
      rest = Array(piece[from...])
      try check(rest[...], number, offset)
    }
    if !rest.isEmpty {
      try body(Line(bytes: rest, number: number, offset: offset, isEnded: false))
    }
  }

  private func check(_ line: ArraySlice<UInt8>, _ number: Int, _ offset: Int) throws {
    guard line.count <= Self.lineLimit else {
      throw Failure(
        TextReason(line: number, MetricsReason.longLine(limit: Self.lineLimit)),
        at: Place(file: file.path, offset: offset))
    }
  }
}
