import Tensors

/// The type of a dataset's elements, as the file describes it.
struct HDF5Type: Sendable {
  var typeClass: UInt8
  var order: UInt8
  var flags: UInt8
  /// Of one element, in bytes.
  var byteCount: Int
  var precision: UInt32
  var bitOffset: UInt32
  var float: FloatLayout
  /// For messages, such as `big-endian float64`.
  var description: String

  /// Where the parts of a floating-point number lie, in bits.
  struct FloatLayout: Sendable, Equatable {
    var signPosition: UInt32
    var exponentPosition: UInt32
    var exponentBits: UInt32
    var mantissaPosition: UInt32
    var mantissaBits: UInt32
    var normalization: UInt32
    var bias: UInt64
  }
}

extension HDF5Type {
  private enum Class {
    static let integer: UInt8 = 0
    static let float: UInt8 = 1
    static let opaque: UInt8 = 5
    static let enumeration: UInt8 = 8
  }

  private static let isSigned: UInt8 = 1
  private static let isBoolean: UInt8 = 2

  /// The element type that the bytes are of, or nil if `pare` has none for it.
  ///
  /// Keras writes bfloat16 as opaque pairs of bytes with the attribute `dtype` beside them.
  func elementType(_ attributes: [HDF5Attribute]) -> ElementType? {
    if typeClass == Class.opaque {
      let isBrainFloat = attributes.contains {
        $0.name == "dtype" && $0.value == .strings(["bfloat16"])
      }
      return isBrainFloat && byteCount == 2 ? .bf16 : nil
    }
    guard (1...8).contains(byteCount), order <= 1 || byteCount == 1, bitOffset == 0,
      Int(precision) == byteCount * 8
    else { return nil }
    switch typeClass {
    case Class.integer: return integerType
    case Class.enumeration: return flags & Self.isBoolean != 0 && byteCount == 1 ? .bool : nil
    case Class.float:
      let type = FloatLayout.known.first { $0.layout == float }?.type
      return type?.byteWidth == byteCount ? type : nil
    default: return nil
    }
  }

  private var integerType: ElementType? {
    let isSigned = flags & Self.isSigned != 0
    return switch byteCount {
    case 1: isSigned ? .i8 : .u8
    case 2: isSigned ? .i16 : .u16
    case 4: isSigned ? .i32 : .u32
    case 8: isSigned ? .i64 : .u64
    default: nil
    }
  }

  /// Whether the bytes of an element have to be turned round to be little-endian.
  var isSwapped: Bool { order == 1 && byteCount > 1 && typeClass != Class.opaque }
}

extension HDF5Type.FloatLayout {
  /// The formats of IEEE 754, and bfloat16, all with an implied leading bit.
  fileprivate static let known: [(type: ElementType, layout: Self)] = [
    (.f16, ieee(exponent: 5, mantissa: 10)),
    (.bf16, ieee(exponent: 8, mantissa: 7)),
    (.f32, ieee(exponent: 8, mantissa: 23)),
    (.f64, ieee(exponent: 11, mantissa: 52)),
  ]

  private static func ieee(exponent: UInt32, mantissa: UInt32) -> Self {
    Self(
      signPosition: exponent + mantissa, exponentPosition: mantissa, exponentBits: exponent,
      mantissaPosition: 0, mantissaBits: mantissa, normalization: 2,
      bias: (1 << (exponent - 1)) - 1)
  }
}
