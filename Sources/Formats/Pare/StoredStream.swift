import Checkpoints
import Coding
import Documents
import Tensors

/// What a file says of one stream: how it is coded, what its elements are, and how long it is.
///
/// As JSON `[coder, element type, shape, bytes]`.
struct StoredStream: Equatable {
  var coder: StreamCoder
  var type: ElementType
  var shape: Shape
  /// Of the coded stream, its head included.
  var byteCount: Int
}

/// How the elements of a stream are coded.
enum StreamCoder: String, CaseIterable {
  /// As they are.
  case raw
  case codes, mask, floats, bytes

  /// The entropy coder; nil for elements that stand as they are.
  var kind: StreamKind? { StreamKind(rawValue: rawValue) }
}

extension StoredStream {
  /// The most elements that a byte of a stream may stand for: those of a chunk.
  private static let elementsPerByte = StreamLayout.largestChunk

  var json: JSON {
    [
      .string(coder.rawValue), .string(type.rawValue), .shape(shape), .integer(byteCount),
    ]
  }

  init(reading json: JSON?) throws {
    guard let fields = json?.array, fields.count == 4, let name = fields[0].string,
      let typeName = fields[1].string, let byteCount = fields[3].integer, byteCount >= 0
    else {
      throw Failure(
        PareReason.field("stream", expected: "a coder, an element type, a shape and a size"))
    }
    guard let coder = StreamCoder(rawValue: name) else {
      throw Failure(PareReason.unknownCoder(name))
    }
    guard let type = ElementType(rawValue: typeName) else {
      throw Failure(FormatReason.unknownElementType(typeName))
    }
    let shape = try Shape(reading: fields[2])
    guard let size = shape.byteCount(of: type),
      size == 0 || (size - 1) / Self.elementsPerByte < byteCount
    else { throw Failure(PareReason.tooManyElements(shape, byteCount: byteCount)) }
    self.init(coder: coder, type: type, shape: shape, byteCount: byteCount)
  }
}

extension JSON {
  static func shape(_ shape: Shape) -> JSON { .array(shape.lengths.map(JSON.integer)) }
}

extension Shape {
  /// A shape that even without its empty axes has not too many elements: it is safe to multiply with.
  init(reading json: JSON) throws {
    guard let lengths = json.array?.compactMap(\.integer), lengths.count == json.array?.count,
      let shape = Shape(checking: lengths),
      Shape(checking: lengths.map { max(1, $0) }).map({ $0.elementCount < 1 << 56 }) == true
    else { throw Failure(PareReason.field("shape", expected: "the lengths of the axes")) }
    self = shape
  }
}
