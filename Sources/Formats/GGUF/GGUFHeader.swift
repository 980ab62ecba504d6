import Checkpoints
import Tensors

/// What stands before the data of a GGUF file: typed values, and what it says of its tensors.
struct GGUFHeader {
  private(set) var attributes: [(key: String, value: Attribute)] = []
  private(set) var entries: [Entry] = []
  private(set) var diagnostics: [Diagnostic] = []
  /// What data begin at multiples of.
  private(set) var alignment = GGUF.usualAlignment
  /// Where the data begin, which may be beyond a file without tensors.
  private(set) var dataStart = 0

  /// What is said of one tensor.
  struct Entry {
    var name: String
    /// The outermost axis first.
    var shape: Shape
    var type: GGMLType
    /// From the beginning of the data.
    var dataOffset: UInt64
    /// Where the entry stands in the file.
    var place: Int
  }

  /// - Throws: ``Failure`` with the byte and the tensor that break the format's law.
  init(reading file: InputFile) throws {
    var cursor = GGUFCursor(file)
    let magic = try cursor.integer(UInt32.self)
    guard magic.littleEndian == 0x4655_4747 else { throw cursor.failure(.notGGUF, at: 0) }
    let version = try cursor.integer(UInt32.self)
    guard version & 0xFFFF != 0 else { throw cursor.failure(.bigEndian, at: 4) }
    guard version == 2 || version == 3 else { throw cursor.failure(.version(version), at: 4) }
    let tensors = try cursor.count(of: GGUF.leastEntrySize, "number of tensors")
    let values = try cursor.count(of: GGUF.leastValueSize, "number of values")
    guard tensors <= GGUF.tensorLimit else {
      throw cursor.failure(.tooManyTensors(GGUF.tensorLimit))
    }
    try readAttributes(values, from: &cursor)
    alignment = try Self.alignment(attributes, cursor)
    var names: Set<String> = []
    names.reserveCapacity(tensors)
    entries.reserveCapacity(tensors)
    for _ in 0..<tensors {
      let entry = try Self.entry(from: &cursor)
      guard names.insert(entry.name).inserted else {
        throw cursor.failure(.duplicateTensor, at: entry.place, tensor: entry.name)
      }
      entries.append(entry)
    }
    dataStart = GGUF.aligned(cursor.position, to: alignment)
  }

  private mutating func readAttributes(_ count: Int, from cursor: inout GGUFCursor) throws {
    var reader = AttributeReader()
    var keys: Set<String> = []
    for _ in 0..<count {
      let place = cursor.position
      let (key, isValid) = try cursor.text("length of a key")
      guard isValid else { throw cursor.failure(.notUTF8("key"), at: place) }
      guard key.utf8.count <= 65535 else {
        throw cursor.failure(.keyTooLong(key.utf8.count), at: place)
      }
      guard keys.insert(key).inserted else { throw cursor.failure(.duplicateKey(key), at: place) }
      attributes.append((key, try reader.value(from: &cursor)))
    }
    if reader.invalidTexts > 0 {
      diagnostics.append(
        Diagnostic(
          .warning, .header, "\(reader.invalidTexts) values are not UTF-8; bytes were replaced"))
    }
  }

  private static func alignment(
    _ attributes: [(key: String, value: Attribute)], _ cursor: GGUFCursor
  ) throws -> Int {
    guard let value = attributes.first(where: { $0.key == GGUF.alignmentKey })?.value else {
      return GGUF.usualAlignment
    }
    guard case .uint32(let length) = value, length.nonzeroBitCount == 1, length <= 1 << 30 else {
      throw cursor.failure(.alignment(value.text ?? "an array"))
    }
    return Int(length)
  }

  private static func entry(from cursor: inout GGUFCursor) throws -> Entry {
    let place = cursor.position
    let (name, isValid) = try cursor.text("length of a name")
    guard isValid else { throw cursor.failure(.notUTF8("tensor's name"), at: place) }
    func failure(_ reason: GGUFReason) -> Failure {
      cursor.failure(reason, at: place, tensor: name)
    }
    let rank = try cursor.integer(UInt32.self)
    guard rank <= 4 else { throw failure(.rank(rank)) }
    let lengths = try (0..<rank).map { _ in try cursor.integer(UInt64.self) }
    let outermostFirst = lengths.reversed().compactMap { Int(exactly: $0) }
    guard outermostFirst.count == lengths.count, let shape = Shape(checking: outermostFirst),
      shape.byteCount(of: .f64) != nil
    else { throw failure(.shapeOverflow(lengths)) }
    let type = GGMLType(number: try cursor.integer(UInt32.self))
    let row = shape.lengths.last ?? 1
    guard row % type.blockLength == 0 else {
      throw failure(.rowLength(row, multipleOf: type.blockLength, type: type.name))
    }
    return Entry(
      name: name, shape: shape, type: type, dataOffset: try cursor.integer(UInt64.self),
      place: place)
  }
}

/// Numbers of the format.
enum GGUF {
  static let alignmentKey = "general.alignment"
  static let usualAlignment = 32
  /// What an entry of no axes and no name takes.
  static let leastEntrySize = 24
  /// What an empty key with a value of one byte takes.
  static let leastValueSize = 13
  static let tensorLimit = 1 << 20
  /// The longest name of a tensor, in bytes.
  static let nameLimit = 63

  static func aligned(_ offset: Int, to alignment: Int) -> Int {
    (offset + alignment - 1) & ~(alignment - 1)
  }
}
