import Checkpoints
import Tensors

/// An array of NumPy: what its header says, and its bytes.
enum NumPyArray {
  case tensor(Tensor)
  case foreign(type: String, shape: [Int])

  /// - Parameters:
  ///   - prefix: the first bytes, at most ``NumPyHeader/limit``.
  ///   - byteCount: of the header and the data.
  ///   - source: lends a range of the array's bytes, counted from the header's first.
  /// - Throws: ``Failure`` if the header is damaged, or the data are not as many as it says.
  init(
    prefix: [UInt8], byteCount: Int, source: (Range<Int>) throws -> any TensorSource
  ) throws {
    let (header, dataStart) = try NumPyHeader.read(prefix)
    guard let (type, isSwapped) = header.elementType, let width = type.byteWidth else {
      self = .foreign(type: Self.name(of: header.type), shape: header.lengths)
      return
    }
    guard let shape = Shape(checking: header.lengths), let needed = shape.byteCount(of: type) else {
      throw Failure(NumPyReason.shape(header.lengths))
    }
    guard needed == byteCount - dataStart else {
      throw Failure(NumPyReason.wrongSize(needed: needed, found: byteCount - dataStart))
    }
    var bytes = try source(dataStart..<byteCount)
    if isSwapped { bytes = SwappedSource(base: bytes, width: type == .c64 ? 4 : width) }
    let row = Tensor(type, [shape.elementCount], source: bytes)
    guard header.isFortran, shape.rank > 1 else {
      self = .tensor(row.reshaped(shape))
      return
    }
    var (strides, step): ([Int], Int) = ([], 1)
    for length in shape.lengths {
      strides.append(step)
      step *= max(1, length)
    }
    let view = StridedView(offset: 0, lengths: shape.lengths, strides: strides)
    self = .tensor(try view.tensor(of: row))
  }

  private static func name(of type: String) -> String {
    switch type.drop(while: "<>|=".contains).first {
    case "O": "pickled Python objects"
    case "U", "S": "text \(printable(type))"
    default: printable(type)
    }
  }
}
