import Checkpoints
import Tensors

/// Reads the typed values of a GGUF file, and keeps count of them.
struct AttributeReader {
  /// Texts that were not UTF-8.
  private(set) var invalidTexts = 0
  private var valueCount = 0

  /// A vocabulary with its scores and types has a million or two.
  static let valueLimit = 1 << 22
  static let depthLimit = 4

  mutating func value(from cursor: inout GGUFCursor) throws -> Attribute {
    try add(1, at: cursor)
    return try value(of: try kind(from: &cursor), from: &cursor, depth: 0)
  }

  private mutating func add(_ count: Int, at cursor: GGUFCursor) throws {
    valueCount += count
    guard valueCount <= Self.valueLimit else {
      throw cursor.failure(.tooManyValues(Self.valueLimit))
    }
  }

  private func kind(from cursor: inout GGUFCursor) throws -> Attribute.Kind {
    let place = cursor.position
    let number = try cursor.integer(UInt32.self)
    guard let kind = Attribute.Kind(rawValue: number) else {
      throw cursor.failure(.valueKind(number), at: place)
    }
    return kind
  }

  private mutating func value(
    of kind: Attribute.Kind, from cursor: inout GGUFCursor, depth: Int
  ) throws -> Attribute {
    switch kind {
    case .uint8: return .uint8(try cursor.integer())
    case .int8: return .int8(try cursor.integer())
    case .uint16: return .uint16(try cursor.integer())
    case .int16: return .int16(try cursor.integer())
    case .uint32: return .uint32(try cursor.integer())
    case .int32: return .int32(try cursor.integer())
    case .uint64: return .uint64(try cursor.integer())
    case .int64: return .int64(try cursor.integer())
    case .float32: return .float32(Float(bitPattern: try cursor.integer()))
    case .float64: return .float64(Double(bitPattern: try cursor.integer()))
    case .bool:
      let byte = try cursor.integer(UInt8.self)
      guard byte < 2 else { throw cursor.failure(.boolean(byte), at: cursor.position - 1) }
      return .bool(byte == 1)
    case .string:
      let (text, isValid) = try cursor.text("length of a string")
      if !isValid { invalidTexts += 1 }
      return .string(text)
    case .array: return try array(from: &cursor, depth: depth + 1)
    }
  }

  private mutating func array(from cursor: inout GGUFCursor, depth: Int) throws -> Attribute {
    guard depth <= Self.depthLimit else { throw cursor.failure(.tooDeep(Self.depthLimit)) }
    let kind = try kind(from: &cursor)
    let count = try cursor.count(of: kind.leastSize, "length of an array")
    try add(count, at: cursor)
    var values: [Attribute] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try value(of: kind, from: &cursor, depth: depth)) }
    return .array(kind, values)
  }
}

extension Attribute.Kind {
  /// What a value takes at least, in bytes.
  fileprivate var leastSize: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64, .string: 8
    case .array: 12
    }
  }
}
