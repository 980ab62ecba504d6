import Tensors

/// Quantization codes as files hold them: integers of any type that are small as numbers.
package enum Codes {
  /// The greatest magnitude of a code, so that differences of codes stay within 32 bits.
  package static let limit = 1 << 30

  /// Reads as many codes as the target takes.
  ///
  /// - Throws: ``Failure`` if the type is no integer type, or a code is beyond ``limit``.
  package static func read(
    _ bytes: UnsafeRawBufferPointer, _ type: ElementType,
    into target: UnsafeMutableBufferPointer<Int32>
  ) throws {
    guard let base = bytes.baseAddress, let start = target.baseAddress else { return }
    func widen<Code: FixedWidthInteger>(_: Code.Type) throws {
      precondition(bytes.count == target.count * MemoryLayout<Code>.size)
      for index in 0..<target.count {
        start[index] = Int32(
          truncatingIfNeeded: base.loadUnaligned(
            fromByteOffset: index &* MemoryLayout<Code>.size, as: Code.self))
      }
      guard Code.bitWidth >= 32 else { return }
      for index in 0..<target.count {
        let code = base.loadUnaligned(
          fromByteOffset: index &* MemoryLayout<Code>.size, as: Code.self)
        guard code.magnitude <= Code.Magnitude(limit) else {
          throw Failure(CodeReason.beyondLimit)
        }
      }
    }
    switch type {
    case .i8: try widen(Int8.self)
    case .u8: try widen(UInt8.self)
    case .i16: try widen(Int16.self)
    case .u16: try widen(UInt16.self)
    case .i32: try widen(Int32.self)
    case .u32: try widen(UInt32.self)
    case .i64: try widen(Int64.self)
    case .u64: try widen(UInt64.self)
    default: throw Failure(CodeReason.notInteger(type))
    }
  }

  /// The smallest type that holds all numbers of a range.
  package static func type(for range: ClosedRange<Int>) -> ElementType? {
    if range.lowerBound >= 0 {
      return range.upperBound <= 255 ? .u8 : range.upperBound <= 65535 ? .u16 : nil
    }
    if Int(Int8.min) <= range.lowerBound, range.upperBound <= Int(Int8.max) { return .i8 }
    return Int(Int16.min) <= range.lowerBound && range.upperBound <= Int(Int16.max) ? .i16 : nil
  }
}

/// What is wrong with codes, or with what turns them into numbers.
package enum CodeReason: Reason {
  case notInteger(ElementType)
  case beyondLimit
  case zeroPoint(Int)
  case code(Int, entries: Int)
  case parts(String, rows: Int, columns: Int)

  package var description: String {
    switch self {
    case .notInteger(let type): "holds \(type.rawValue), not integers"
    case .beyondLimit: "holds an integer whose magnitude is beyond \(Codes.limit)"
    case .zeroPoint(let value):
      "the zero point \(value) is beyond ±\(UniformDecoder.largestZeroPoint)"
    case .code(let code, let entries): "the code \(code) is not among \(entries) entries"
    case .parts(let what, let rows, let columns):
      "\(what) do not fit a matrix [\(rows), \(columns)]"
    }
  }
}
