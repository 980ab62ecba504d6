import Tensors

/// A tensor as a model describes it (`onnx.proto`, `TensorProto`): where its data are, in which of the ways that there are.
struct ONNXTensor {
  var name = ""
  var lengths: [Int] = []
  /// ONNX's number for the type of its elements.
  var typeNumber = 0
  /// Bytes as they are: row-major, little-endian.
  private var raw: Range<Int>?
  /// Numbers of 4 or 8 bytes, one behind the other.
  private var fixed: Range<Int>?
  /// Numbers in groups of 7 bits.
  private var packed: Range<Int>?
  /// Numbers that stand one by one, as writers of the second version of protobuf had them.
  private var single: [UInt64] = []
  private var external: [String: String] = [:]
  private var isExternal = false

  private static let rankLimit = 64
  private static let keyLimit = 32

  var elementType: ElementType? { ONNXElement.type(typeNumber) }

  init(_ file: InputFile, _ range: Range<Int>) throws {
    var walker = ProtobufWalker(file, range)
    while let field = try walker.next() {
      switch field {
      case .number(1, let length): lengths.append(Int(truncatingIfNeeded: length))
      case .bytes(1, let range):
        lengths += try walker.varints(range, limit: Self.rankLimit).map {
          Int(truncatingIfNeeded: $0)
        }
      case .number(2, let number): typeNumber = Int(truncatingIfNeeded: number)
      case .number(4, let bits), .number(5, let bits), .number(7, let bits), .number(10, let bits),
        .number(11, let bits):
        single.append(bits)
      case .bytes(4, let range), .bytes(10, let range): fixed = range
      case .bytes(5, let range), .bytes(7, let range), .bytes(11, let range): packed = range
      case .bytes(8, let range): name = try walker.text(range, field: 8)
      case .bytes(9, let range): raw = range
      case .bytes(13, let range):
        guard external.count < Self.keyLimit else { continue }
        let (key, value) = try ONNXGraph.entry(file, range)
        external[key] = value
      case .number(14, let location): isExternal = location == 1
      default: continue
      }
    }
  }
}

extension ONNXTensor {
  /// The tensor with its data; nil where its elements are of a type that `pare` has no name for.
  ///
  /// - Parameters:
  ///   - file: the model.
  ///   - others: files of data that were opened already, by their names.
  func tensor(in file: InputFile, _ others: inout [String: InputFile]) throws -> Tensor? {
    guard let type = elementType, let width = type.byteWidth else { return nil }
    guard let shape = Shape(checking: lengths), let byteCount = shape.byteCount(of: type) else {
      throw Failure(ONNXReason.shape(lengths))
    }
    if isExternal {
      return Tensor(type, shape, source: try externalSource(byteCount, beside: file, &others))
    }
    func check(_ found: Int) throws {
      guard found == byteCount else {
        throw Failure(ONNXReason.wrongSize(needed: byteCount, found: found))
      }
    }
    if let range = raw ?? fixed {
      try check(range.count)
      return Tensor(type, shape, source: try FileSource(file, range))
    }
    if byteCount == 0 { return Tensor(type, shape, source: MemorySource([])) }
    let numbers: [UInt64]
    if let packed {
      // No number takes less than a byte.
      guard shape.elementCount <= packed.count else {
        throw Failure(ONNXReason.wrongSize(needed: byteCount, found: packed.count * width))
      }
      numbers = try ProtobufWalker(file, packed).varints(packed, limit: shape.elementCount)
    } else {
      numbers = single
    }
    guard !numbers.isEmpty else { throw Failure(ONNXReason.noData) }
    try check(numbers.count * width)
    return Tensor(type, shape, source: MemorySource(Self.bytes(numbers, width: width)))
  }

  /// The lowest bytes of numbers, whatever they mean: narrow types stand in wider ones by their bits.
  private static func bytes(_ numbers: [UInt64], width: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(numbers.count * width)
    for number in numbers {
      withUnsafeBytes(of: number.littleEndian) { bytes += $0.prefix(width) }
    }
    return bytes
  }

  /// What lies in a file beside the model, under a name that does not leave its folder.
  private func externalSource(
    _ byteCount: Int, beside model: InputFile, _ others: inout [String: InputFile]
  ) throws -> FileSource {
    guard let location = external["location"], !location.isEmpty else {
      throw Failure(ONNXReason.noLocation)
    }
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.contains("\0") }) else {
      throw Failure(ONNXReason.leavesFolder(location))
    }
    let offset = try number("offset") ?? 0
    guard try number("length").map({ $0 == byteCount }) ?? true else {
      throw Failure(ONNXReason.wrongSize(needed: byteCount, found: try number("length") ?? 0))
    }
    let path = joinPath(splitPath(model.path).parent, location)
    guard exists(path) else { throw Failure(ONNXReason.missingFile(location)) }
    let file = try others[location] ?? InputFile(path)
    others[location] = file
    let (end, overflow) = offset.addingReportingOverflow(byteCount)
    guard !overflow, end <= file.byteCount else {
      throw Failure(
        ONNXReason.beyondFile(location, needed: overflow ? .max : end, found: file.byteCount))
    }
    return try FileSource(file, offset..<end)
  }

  private func number(_ key: String) throws -> Int? {
    guard let text = external[key] else { return nil }
    guard let number = Int(text), number >= 0 else { throw Failure(ONNXReason.wrongNumber(key)) }
    return number
  }
}
