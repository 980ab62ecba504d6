import Checkpoints
import Kernels
import Tensors

/// One `model.bin`, opened and held against the format's law: every variable lies within the file and is as long as its shape asks for.
///
/// `u32` version, specification, `u32` revision; `u32` count of variables, each a name, `u8` rank, `u32` lengths, `u8` type, `u32` bytes and
/// the data; `u32` count of aliases, each two names. Names are `u16` length, UTF-8 and a zero, which the length counts.
struct CTranslate2File {
  let file: InputFile
  let specification: String
  let revision: UInt32
  private(set) var variables: [Variable] = []
  private(set) var aliases: [(name: String, target: String)] = []

  struct Variable {
    let name: String
    let shape: Shape
    let type: ElementType
    /// Of the data in the file.
    let range: Range<Int>

    /// Whether the elements are integers, of which weights have a scale beside them.
    var isCoded: Bool { [.i8, .i16].contains(type) && shape.rank > 0 }
  }

  /// The types of elements by their numbers.
  static let types: [ElementType] = [.f32, .i8, .i16, .i32, .f16, .bf16]
  static let version: UInt32 = 6
  private static let knownVersions: ClosedRange<UInt32> = 4...version

  /// Whether a file begins with a version and the name of a specification.
  static func recognizes(_ prefix: [UInt8]) -> Bool {
    guard prefix.count > 8, knownVersions.contains(UInt32(prefix[0])),
      prefix[1] == 0, prefix[2] == 0, prefix[3] == 0
    else { return false }
    let length = Int(prefix[4]) | Int(prefix[5]) << 8
    guard (5...256).contains(length), prefix.count >= 6 + length, prefix[5 + length] == 0 else {
      return false
    }
    return prefix[6..<(5 + length)].suffix(4).elementsEqual("Spec".utf8)
  }

  /// - Throws: ``Failure`` with the byte and the variable that break the law.
  init(_ path: String, access: FileAccess) throws {
    file = try InputFile(path, access: access)
    var cursor = CTranslate2Cursor(file)
    let version = try cursor.integer(UInt32.self)
    guard Self.knownVersions.contains(version) else {
      throw cursor.failure(.version(version), at: 0)
    }
    specification = try cursor.text()
    revision = try cursor.integer()
    let count = try cursor.count(of: Self.leastVariable, "variables")
    var names: Set<String> = []
    for _ in 0..<count {
      let variable = try Self.variable(from: &cursor)
      guard names.insert(variable.name).inserted else {
        throw cursor.failure(.duplicate, at: variable.range.lowerBound, variable.name)
      }
      variables.append(variable)
    }
    let targets = names
    for _ in 0..<(try cursor.count(of: Self.leastAlias, "aliases")) {
      let place = cursor.position
      let alias = (name: try cursor.text(), target: try cursor.text())
      guard names.insert(alias.name).inserted else {
        throw cursor.failure(.duplicate, at: place, alias.name)
      }
      guard targets.contains(alias.target) else {
        throw cursor.failure(.alias(alias.target), at: place, alias.name)
      }
      aliases.append(alias)
    }
    guard cursor.remaining == 0 else { throw cursor.failure(.trailing(cursor.remaining)) }
  }

  /// What a variable with an empty name and no data takes.
  private static let leastVariable = 9
  private static let leastAlias = 6

  private static func variable(from cursor: inout CTranslate2Cursor) throws -> Variable {
    let place = cursor.position
    let name = try cursor.text()
    let rank = try cursor.integer(UInt8.self)
    guard rank <= 8 else { throw cursor.failure(.rank(Int(rank)), at: place, name) }
    let lengths = try (0..<rank).map { _ in Int(try cursor.integer(UInt32.self)) }
    let number = Int(try cursor.integer(UInt8.self))
    guard types.indices.contains(number) else {
      throw cursor.failure(.type(number), at: place, name)
    }
    let byteCount = Int(try cursor.integer(UInt32.self))
    guard let shape = Shape(checking: lengths),
      shape.byteCount(of: types[number]) == byteCount
    else {
      throw cursor.failure(.size(lengths, types[number], found: byteCount), at: place, name)
    }
    return Variable(
      name: name, shape: shape, type: types[number],
      range: try cursor.skip(byteCount, of: name))
  }

  // MARK: Values

  func tensor(of variable: Variable) throws -> Tensor {
    Tensor(variable.type, variable.shape, source: try FileSource(file, variable.range))
  }

  /// A variable that is a single number.
  func number(_ variable: Variable) throws -> Attribute {
    let bytes = try file.bytes(variable.range)
    return bytes.withUnsafeBytes { bytes in
      switch variable.type {
      case .i8: .int8(bytes.loadUnaligned(as: Int8.self))
      case .i16: .int16(Int16(littleEndian: bytes.loadUnaligned(as: Int16.self)))
      case .i32: .int32(Int32(littleEndian: bytes.loadUnaligned(as: Int32.self)))
      case .f16: .float32(Float(Float16(bitPattern: bytes.loadUnaligned(as: UInt16.self))))
      case .bf16: .float32(Float(bitPattern: UInt32(bytes.loadUnaligned(as: UInt16.self)) << 16))
      default: .float32(bytes.loadUnaligned(as: Float.self))
      }
    }
  }

  /// A matrix of codes with the scales of its rows, x = code / scale; nil where it is held in another way.
  func coded(_ codes: Variable, _ scales: Variable) throws -> NamedTensor? {
    guard codes.type == .i8, codes.shape.rank == 2, scales.type == .f32,
      scales.shape == [codes.shape[0]]
    else { return nil }
    let source = try tensor(of: scales)
    let steps = Computation.tensors([(.f32, scales.shape)]) {
      [
        try source.withBytes { bytes in
          let values = (0..<(bytes.count / 4)).map {
            1 / bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self)
          }
          return values.withUnsafeBytes { [UInt8]($0) }
        }
      ]
    }
    let scheme = QuantizationScheme.uniform(
      bits: 8, granularity: .axis(0), scales: steps[0], zeroPoints: nil, groupIndex: nil)
    return NamedTensor(
      codes.name, .quantized(codes: try tensor(of: codes), scheme: scheme), codes.shape, as: .f32,
      byteCount: codes.range.count + scales.range.count)
  }
}

/// Goes through a `model.bin`; every count is held against what is left of the file.
struct CTranslate2Cursor {
  let file: InputFile
  private(set) var position = 0

  init(_ file: InputFile) { self.file = file }

  var remaining: Int { file.byteCount - position }

  func failure(
    _ reason: CTranslate2Reason, at offset: Int? = nil, _ tensor: String? = nil
  ) -> Failure {
    Failure(reason, at: Place(file: file.path, offset: offset ?? position, tensor: tensor))
  }

  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type = Value.self
  ) throws -> Value {
    let bytes = try take(MemoryLayout<Value>.size)
    return bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(as: Value.self)) }
  }

  /// How many of something follow, each of which takes some bytes at least.
  mutating func count(of width: Int, _ what: String) throws -> Int {
    let start = position
    let count = try integer(UInt32.self)
    guard Int(count) <= remaining / width else {
      throw failure(.tooMany(what, Int(count), remaining: remaining), at: start)
    }
    return Int(count)
  }

  mutating func text() throws -> String {
    let start = position
    let bytes = try take(Int(try integer(UInt16.self)))
    guard bytes.last == 0, let text = String(validating: bytes.dropLast(), as: UTF8.self) else {
      throw failure(.text, at: start)
    }
    return text
  }

  /// Steps over data, and tells where they lie.
  mutating func skip(_ count: Int, of name: String) throws -> Range<Int> {
    guard count <= remaining else {
      throw failure(.truncated(needed: count, found: remaining), name)
    }
    defer { position += count }
    return position..<(position + count)
  }

  private mutating func take(_ count: Int) throws -> [UInt8] {
    guard count <= remaining else {
      throw failure(.truncated(needed: count, found: remaining))
    }
    defer { position += count }
    return try file.bytes(position..<(position + count))
  }
}
