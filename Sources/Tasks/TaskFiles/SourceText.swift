import Documents
import Glibc
import Tensors

/// The text of a task's file, whatever its bytes are.
struct SourceText {
  let path: String
  /// Without the mark at its front, U+FEFF.
  let text: String
  /// How many invalid sequences of UTF-8 became U+FFFD.
  let replacedSequences: Int

  static let limit = 1 << 30

  init(_ path: String) throws {
    let file = try InputFile(path)
    guard file.byteCount <= Self.limit else {
      throw Failure(SourceTextReason.tooLarge(file.byteCount), at: Place(file: path))
    }
    self = try file.withBytes(0..<file.byteCount) { try SourceText(path: path, bytes: $0) }
  }

  init(path: String, bytes: UnsafeRawBufferPointer) throws {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw Failure(SourceTextReason.utf16, at: Place(file: path))
    }
    let marked = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    self.path = path
    (text, replacedSequences) = Self.decoded(
      UnsafeRawBufferPointer(rebasing: bytes[(marked ? 3 : 0)...]))
  }

  /// Lends the bytes of the text, which are valid UTF-8.
  func withBytes<Result>(
    _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    var text = text
    return try text.withUTF8(body)
  }

  func failure(line: Int, _ reason: any Reason) -> Failure {
    Failure(TextReason(line: line, reason), at: Place(file: path))
  }

  private static func decoded(_ bytes: UnsafeRawBufferPointer) -> (String, replaced: Int) {
    var text = String(decoding: bytes, as: UTF8.self)
    let replaced = text.withUTF8 { repaired in
      bytes.isEmpty
        || (repaired.count == bytes.count
          && memcmp(repaired.baseAddress!, bytes.baseAddress!, bytes.count) == 0)
        ? 0 : replacements(in: UnsafeRawBufferPointer(repaired)) - replacements(in: bytes)
    }
    return (text, replaced)
  }

  /// How often U+FFFD stands in some bytes.
  private static func replacements(in bytes: UnsafeRawBufferPointer) -> Int {
    bytes.indices.dropLast(2).count {
      bytes[$0] == 0xEF && bytes[$0 + 1] == 0xBF && bytes[$0 + 2] == 0xBD
    }
  }
}

/// Why a file is no text of a task.
enum SourceTextReason: Reason {
  case tooLarge(Int)
  case utf16

  var description: String {
    switch self {
    case .tooLarge(let count):
      "is too large for a task: \(count) bytes, at most \(SourceText.limit)"
    case .utf16: "is UTF-16, but UTF-8 is expected"
    }
  }

  var hint: String? {
    switch self {
    case .tooLarge: nil
    case .utf16: "iconv -f UTF-16 -t UTF-8 converts it"
    }
  }
}
