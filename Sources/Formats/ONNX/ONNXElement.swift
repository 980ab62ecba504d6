import Tensors

/// ONNX's numbers for the types of elements (`onnx.proto`, `TensorProto.DataType`).
enum ONNXElement {
  static func type(_ number: Int) -> ElementType? { types[number] }

  static func number(of type: ElementType) -> Int? { types.first { $0.value == type }?.key }

  /// The name of a type that `pare` has none for.
  static func name(_ number: Int) -> String { others[number] ?? "type \(number)" }

  private static let types: [Int: ElementType] = [
    1: .f32, 2: .u8, 3: .i8, 4: .u16, 5: .i16, 6: .i32, 7: .i64, 9: .bool, 10: .f16, 11: .f64,
    12: .u32, 13: .u64, 14: .c64, 16: .bf16, 17: .f8e4m3, 18: .f8e4m3fnuz, 19: .f8e5m2,
    20: .f8e5m2fnuz, 24: .f8e8m0,
  ]

  private static let others: [Int: String] = [
    0: "undefined", 8: "STRING", 15: "COMPLEX128", 21: "UINT4", 22: "INT4", 23: "FLOAT4E2M1",
    25: "UINT2", 26: "INT2",
  ]
}
