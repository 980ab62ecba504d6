import Checkpoints
import Tensors

/// The header of a safetensors file: what it says of its tensors, before that is held against the law.
struct SafetensorsHeader {
  var entries: [Entry] = []
  var metadata: [(key: String, value: String)] = []
  var diagnostics: [Diagnostic] = []

  struct Entry {
    var name: String
    var type: String
    var shape: [Int]
    /// Relative to the data, which begins behind the header.
    var range: Range<Int>
    /// Where the entry stands in the file.
    var offset: Int
  }
}

/// What can be wrong with a safetensors file.
enum SafetensorsReason: Reason {
  case tooShort(Int)
  case headerTooLarge(Int)
  case headerBeyondFile(Int, file: Int)
  case syntax(String)
  case nulPadding
  case duplicateKey(String, first: Int)
  case missingField(String)
  case wrongRange(Int, Int)
  case shapeOverflow([Int])
  case wrongSize(declared: Int, needed: Int)
  case notWholeBytes(String, elements: Int)
  case hole(expected: Int, found: Int)
  case wrongEnd(data: Int, file: Int)
  case headerTooLargeToWrite(Int)

  var outcome: Outcome {
    if case .headerTooLargeToWrite = self { .outputNotWritten } else { .badInput }
  }

  var description: String {
    switch self {
    case .tooShort(let count): "\(count) bytes are too few for a safetensors file"
    case .headerTooLarge(let count):
      "the header is said to be \(count) bytes long, at most \(Safetensors.headerLimit) are allowed"
    case .headerBeyondFile(let count, let file):
      "the header is said to be \(count) bytes long, the file has \(file) in all"
    case .syntax(let what): "the header is not valid: \(what)"
    case .nulPadding: "the header is padded with NUL, only white space is allowed"
    case .duplicateKey(let key, let first):
      "duplicate key '\(printable(key))', first at byte \(first)"
    case .missingField(let field): "lacks '\(field)'"
    case .wrongRange(let start, let end): "data offsets \(start) to \(end) run backwards"
    case .shapeOverflow(let shape): "the shape \(shape) has too many elements"
    case .wrongSize(let declared, let needed):
      "type and shape need \(needed) bytes, the data offsets span \(declared)"
    case .notWholeBytes(let type, let elements):
      "\(elements) elements of type \(printable(type)) do not end on a byte"
    case .hole(let expected, let found):
      found > expected
        ? "data begins at \(found), \(found - expected) bytes after the tensor before it"
        : "data begins at \(found), overlapping the tensor before it, which ends at \(expected)"
    case .wrongEnd(let data, let file):
      file > data
        ? "\(file - data) bytes follow the last tensor"
        : "the file ends \(data - file) bytes before its last tensor does"
    case .headerTooLargeToWrite(let count):
      "the header would be \(count) bytes long, at most \(Safetensors.headerLimit) are allowed"
    }
  }

  var hint: String? {
    switch self {
    case .headerTooLarge, .syntax: "is this a safetensors file?"
    case .wrongEnd(let data, let file) where file < data:
      "the file seems to be cut off; fetch it again"
    default: nil
    }
  }
}

/// Numbers of the format.
enum Safetensors {
  /// The longest header that the reference implementation reads.
  static let headerLimit = 100_000_000
  static let metadataKey = "__metadata__"
}
