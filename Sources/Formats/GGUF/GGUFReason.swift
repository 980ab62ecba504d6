import Tensors

/// What can be wrong with a GGUF file, or with what is to be put into one.
enum GGUFReason: Reason {
  case notGGUF
  case bigEndian
  case version(UInt32)
  case truncated(needed: Int, found: Int)
  case tooMany(String, UInt64, remaining: Int)
  case tooLarge(Int)
  case tooManyValues(Int)
  case tooManyTensors(Int)
  case notUTF8(String)
  case keyTooLong(Int)
  case duplicateKey(String)
  case duplicateTensor
  case valueKind(UInt32)
  case boolean(UInt8)
  case tooDeep(Int)
  case alignment(String)
  case rank(UInt32)
  case shapeOverflow([UInt64])
  case rowLength(Int, multipleOf: Int, type: String)
  case misaligned(UInt64, alignment: Int)
  case beyondFile(end: UInt64, file: Int)
  case overlap(String)
  case partName(number: Int, count: Int)
  case partKeys(number: Int, count: Int, found: String)
  case missingParts([String])
  case tensorCount(said: Int, found: Int)
  case nameTooLong(Int)
  case rankToWrite(Int)
  case onlyRead(BlockType)
  case noRows

  var outcome: Outcome {
    switch self {
    case .nameTooLong, .rankToWrite, .onlyRead, .noRows: .usage
    default: .badInput
    }
  }

  var description: String {
    switch self {
    case .notGGUF: "does not begin with 'GGUF'"
    case .bigEndian: "is big-endian, which is not read"
    case .version(let number): "is of version \(number) of GGUF; 2 and 3 are read"
    case .truncated(let needed, let found):
      "the file ends too early: \(needed) bytes needed, \(found) found"
    case .tooMany(let what, let count, let remaining):
      "\(count) as the \(what) is more than the \(remaining) bytes that follow can hold"
    case .tooLarge(let limit): "more than \(limit) bytes stand before the data"
    case .tooManyTensors(let limit): "more than \(limit) tensors"
    case .tooManyValues(let limit): "more than \(limit) values beside the tensors"
    case .notUTF8(let what): "the \(what) is not UTF-8"
    case .keyTooLong(let count): "a key of \(count) bytes, at most 65535 are allowed"
    case .duplicateKey(let key): "duplicate key '\(printable(key))'"
    case .duplicateTensor: "there is another tensor of this name"
    case .valueKind(let number): "the value type \(number) is not known, expected 0 to 12"
    case .boolean(let byte): "a boolean is \(byte), expected 0 or 1"
    case .tooDeep(let limit): "arrays are nested more than \(limit) deep"
    case .alignment(let value):
      "general.alignment is \(value), expected a power of two from 1 to 2^30"
    case .rank(let rank): "has \(rank) axes, at most 4 are allowed"
    case .shapeOverflow(let lengths): "the shape \(lengths) has too many elements"
    case .rowLength(let length, let multiple, let type):
      "rows of \(length) elements are no multiple of \(multiple), as type \(type) asks for"
    case .misaligned(let offset, let alignment):
      "data begins at \(offset), which is no multiple of \(alignment)"
    case .beyondFile(let end, let file): "data ends at byte \(end), the file at \(file)"
    case .overlap(let name): "data overlaps that of '\(printable(name))'"
    case .partName(let number, let count):
      "is part \(number) of \(count), but its name does not end with that"
    case .partKeys(let number, let count, let found):
      "should be part \(number) of \(count) by its name, and says that it is \(found)"
    case .missingParts(let names):
      "parts are missing: \(names.prefix(5).map(printable).joined(separator: ", "))"
        + (names.count > 5 ? " and \(names.count - 5) more" : "")
    case .tensorCount(let said, let found):
      "\(said) tensors are said to be there, \(found) were found"
    case .nameTooLong(let count): "a name of \(count) bytes, GGUF allows 63"
    case .rankToWrite(let rank): "has \(rank) axes, GGUF allows 4"
    case .onlyRead(let type): "blocks of type \(type.rawValue) are only read"
    case .noRows: "GGUF does not hold rows of int8"
    }
  }

  var hint: String? {
    switch self {
    case .noRows: "--quantization Q8_0 has a scale for every 32 of them"
    case .truncated, .beyondFile: "the file seems to be cut off; fetch it again"
    case .partName(let number, let count):
      "it is found as NAME-\(padded(number))-of-\(padded(count)).gguf"
    case .rankToWrite, .nameTooLong: "--to safetensors carries it"
    default: nil
    }
  }
}
