import Tensors

/// The types of elements by their numbers in TensorFlow (`tensorflow/core/framework/types.proto`).
enum BundleType {
  static func elementType(_ number: Int) -> ElementType? {
    switch number {
    case 1: .f32
    case 2: .f64
    case 3: .i32
    case 4: .u8
    case 5: .i16
    case 6: .i8
    case 8: .c64
    case 9: .i64
    case 10: .bool
    case 14: .bf16
    case 17: .u16
    case 19: .f16
    case 22: .u32
    case 23: .u64
    case 24: .f8e5m2
    case 25: .f8e4m3
    default: nil
    }
  }

  static let string = 7

  /// The name of a type that has none of ours.
  static func name(_ number: Int) -> String {
    let names = [
      7: "string", 11: "qint8", 12: "quint8", 13: "qint32", 15: "qint16", 16: "quint16",
      18: "complex128", 20: "resource", 21: "variant", 29: "int4", 30: "uint4",
    ]
    return names[number] ?? "type \(number)"
  }

  /// The size of what is turned round where bytes are stored from the highest: half of a complex number.
  static func wordSize(of type: ElementType) -> Int { type == .c64 ? 4 : type.bitWidth / 8 }
}
