import Checkpoints
import Tensors

/// A file of SentencePiece: a message of Protocol Buffers whose field 1 is a piece, once for each, in the order of identifiers.
///
/// Nothing but pieces is looked into; all else is copied as it is. A piece has its text in field 1 and its kind in
/// field 3, of which 1 (or none) is a usual one (`sentencepiece_model.proto`).
struct SentencePieceFile {
  private let path: String
  private let bytes: [UInt8]

  init(_ path: String) throws {
    self.path = path
    let file = try InputFile(path)
    guard file.byteCount <= 256 << 20 else {
      throw Failure(TokenizerReason.vocabularyTooLarge, at: Place(file: path))
    }
    bytes = try file.bytes(0..<file.byteCount)
  }

  /// The file without those usual pieces that a closure does not keep.
  func keeping(_ isKept: (ArraySlice<UInt8>) -> Bool) throws -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var position = 0
    while position < bytes.count {
      let start = position
      let field = try field(&position, end: bytes.count)
      if field.number == 1, let piece = field.content, let text = try usualText(of: piece),
        !isKept(text)
      {
        continue
      }
      result += bytes[start..<position]
    }
    return result
  }

  /// The text of a piece that stands for text; nil for control, unknown, byte and user-defined pieces.
  private func usualText(of piece: Range<Int>) throws -> ArraySlice<UInt8>? {
    var position = piece.lowerBound
    var text: ArraySlice<UInt8>?
    var kind: UInt64 = 1
    while position < piece.upperBound {
      let field = try field(&position, end: piece.upperBound)
      if field.number == 1, let content = field.content { text = bytes[content] }
      if field.number == 3, let value = field.value { kind = value }
    }
    return kind == 1 ? text : nil
  }

  /// A field: its number, and its bytes or its number as far as it has one.
  private struct Field {
    var number: UInt64
    var content: Range<Int>?
    var value: UInt64?
  }

  private func field(_ position: inout Int, end: Int) throws -> Field {
    let tag = try varint(&position, end: end)
    var field = Field(number: tag >> 3)
    switch tag & 7 {
    case 0: field.value = try varint(&position, end: end)
    case 1: try skip(8, &position, end: end)
    case 5: try skip(4, &position, end: end)
    case 2:
      let length = try varint(&position, end: end)
      let start = position
      guard length <= UInt64(end - start) else { throw damaged(at: start) }
      position += Int(length)
      field.content = start..<position
    default: throw damaged(at: position)
    }
    return field
  }

  private func skip(_ count: Int, _ position: inout Int, end: Int) throws {
    guard count <= end - position else { throw damaged(at: position) }
    position += count
  }

  private func varint(_ position: inout Int, end: Int) throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard position < end else { throw damaged(at: position) }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw damaged(at: position)
  }

  private func damaged(at offset: Int) -> Failure {
    Failure(TokenizerReason.badSentencePiece, at: Place(file: path, offset: offset))
  }
}

extension VocabularyFiles {
  func sentencePieces(_ path: String) throws -> [UInt8]? {
    guard let numbers else { return nil }
    return try SentencePieceFile(path).keeping { text in
      model.vocabulary.id(of: text).flatMap { numbers[Int($0)] } != nil
    }
  }
}
