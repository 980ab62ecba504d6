import Tensors

/// PyTorch's names for the types of elements: those of storages and those of dtypes.
enum TorchElement {
  /// The type of a storage's elements by the name of its class, such as `HalfStorage`; nil where `pare` has none.
  static func ofStorage(_ name: String) -> ElementType? {
    storages.first { "\($0.name)Storage" == name }?.type
  }

  /// The type by the name of a dtype, such as `bfloat16`.
  static func ofDtype(_ name: String) -> ElementType? { dtypes.first { $0.name == name }?.type }

  /// The class of storages of a type; nil where PyTorch has only untyped ones for it.
  static func storage(of type: ElementType) -> String? {
    storages.first { $0.type == type }.map { "\($0.name)Storage" }
  }

  static func dtype(of type: ElementType) -> String? { dtypes.first { $0.type == type }?.name }

  private static let storages: [(name: String, type: ElementType)] = [
    ("Float", .f32), ("Double", .f64), ("Half", .f16), ("BFloat16", .bf16), ("Long", .i64),
    ("Int", .i32), ("Short", .i16), ("Char", .i8), ("Byte", .u8), ("Bool", .bool),
    ("ComplexFloat", .c64),
  ]

  private static let dtypes: [(name: String, type: ElementType)] = [
    ("float32", .f32), ("float64", .f64), ("float16", .f16), ("bfloat16", .bf16), ("int64", .i64),
    ("int32", .i32), ("int16", .i16), ("int8", .i8), ("uint8", .u8), ("bool", .bool),
    ("complex64", .c64), ("uint16", .u16), ("uint32", .u32), ("uint64", .u64),
    ("float8_e4m3fn", .f8e4m3), ("float8_e5m2", .f8e5m2), ("float8_e4m3fnuz", .f8e4m3fnuz),
    ("float8_e5m2fnuz", .f8e5m2fnuz), ("float8_e8m0fnu", .f8e8m0),
  ]
}
