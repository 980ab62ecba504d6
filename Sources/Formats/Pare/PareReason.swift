import Checkpoints
import Tensors

/// What can be wrong with a file of the format `pare`, beyond what can be wrong with any safetensors file.
enum PareReason: Reason, Equatable {
  case version(String)
  case incomplete(String)
  case manifestChecksum
  case field(String, expected: String)
  case unknownCoder(String)
  case unknownStorage(String)
  case notStored
  case storedTwice
  case notCoded(ElementType, Shape)
  case sharesNothing(String)
  case beyondTensor(needed: Int, found: Int)
  case follows(Int)
  case tooManyElements(Shape, byteCount: Int)
  case tooMuch
  case head(Int, found: Int)
  case chunkBytes(Int, found: Int)
  case rawBytes(Int, expected: Int)
  case checksum(of: String, UInt32, found: UInt32)
  case unfit(String, of: String)
  case nameWithNUL
  case headerOutgrown(Int, reserved: Int)

  var outcome: Outcome {
    switch self {
    case .headerOutgrown, .nameWithNUL: .outputNotWritten
    default: .badInput
    }
  }

  var description: String {
    switch self {
    case .version(let version):
      "is of version '\(printable(version))' of the format pare, only version \(PareManifest.version) is known"
    case .incomplete(let key): "the metadata lack '\(key)'"
    case .manifestChecksum: "'\(PareManifest.tensorsKey)' is damaged: its checksum is another"
    case .field(let field, let expected): "'\(field)' should be \(expected)"
    case .unknownCoder(let name): "the coder '\(printable(name))' is not known"
    case .unknownStorage(let name): "the storage '\(printable(name))' is not known"
    case .notStored: "is described, but the file does not hold it"
    case .storedTwice: "is said to share the values of another tensor, but the file holds it"
    case .notCoded(let type, let shape):
      "should be a vector of U8 that holds coded streams, found \(type.rawValue) \(shape)"
    case .sharesNothing(let name):
      "shares the values of '\(printable(name))', which is not stored"
    case .beyondTensor(let needed, let found):
      "its streams take \(needed) bytes, the tensor has \(found)"
    case .follows(let count): "\(count) bytes follow its last stream"
    case .tooManyElements(let shape, let count):
      "\(shape) elements cannot come of \(count) bytes"
    case .tooMuch: "the tensors would take more than \(PareManifest.byteLimit) bytes"
    case .head(let count, let found):
      "the head of the stream should take \(count) bytes, it is said to take \(found)"
    case .chunkBytes(let count, let found):
      "the chunks of the stream take \(count) bytes, the stream has \(found)"
    case .rawBytes(let count, let expected):
      "the chunk has \(count) bytes, expected \(expected)"
    case .checksum(let part, let expected, let found):
      "\(part) is damaged: its checksum is \(hexadecimal(found)), not \(hexadecimal(expected))"
    case .unfit(let what, let matrix): "\(what) do not fit a matrix \(matrix)"
    case .nameWithNUL: "the name holds a NUL, which this format cannot carry"
    case .headerOutgrown(let count, let reserved):
      "the header would take \(count) bytes, \(reserved) are reserved"
    }
  }

  var hint: String? {
    switch self {
    case .version: "a newer version of pare wrote it; use that one to read it"
    case .unknownCoder, .unknownStorage: "was it written by a newer version of pare?"
    case .manifestChecksum, .checksum: "fetch or write the file again"
    default: nil
    }
  }
}
