import Tensors

/// The masks of compressed-tensors' sparse formats: a bit for each element, rows in whole bytes, the lowest bit first.
enum Bitmask {
  /// The bytes of a row.
  static func rowByteCount(_ columns: Int) -> Int { columns / 8 + (columns % 8 == 0 ? 0 : 1) }

  /// A `BOOL` tensor `[rows, columns]` of the bits, spread when they are asked for.
  static func kept(_ bits: Tensor, _ shape: Shape) -> Tensor {
    let (rows, columns) = (shape[0], shape[1])
    let rowBytes = rowByteCount(columns)
    return Computation.tensors([(.bool, shape)]) {
      try bits.withBytes { bytes in
        var kept = [UInt8](repeating: 0, count: rows * columns)
        for row in 0..<rows {
          for column in 0..<columns {
            kept[row * columns + column] = bytes[row * rowBytes + column / 8] >> (column % 8) & 1
          }
        }
        return [kept]
      }
    }[0]
  }

  /// The bits of a `BOOL` tensor `[rows, columns]`, and how many are set before each row.
  ///
  /// - Parameter count: of the values that are kept; another number of bits is an error when they are asked for.
  static func packed(
    _ kept: Tensor, _ shape: Shape, count expected: Int
  ) -> (bits: Tensor, rowOffsets: Tensor) {
    let (rows, columns) = (shape[0], shape[1])
    let rowBytes = rowByteCount(columns)
    let tensors = Computation.tensors([(.u8, [rows, rowBytes]), (.i64, [rows])]) {
      try kept.withBytes { kept in
        var bits = [UInt8](repeating: 0, count: rows * rowBytes)
        var offsets: [Int64] = []
        var count: Int64 = 0
        for row in 0..<rows {
          offsets.append(count)
          for column in 0..<columns where kept[row * columns + column] != 0 {
            bits[row * rowBytes + column / 8] |= 1 << (column % 8)
            count += 1
          }
        }
        try check(Int(count), values: expected)
        return [bits, offsets.withUnsafeBytes { [UInt8]($0) }]
      }
    }
    return (tensors[0], tensors[1])
  }

  /// Fails unless a mask keeps as many elements as there are values.
  static func check(_ count: Int, values: Int) throws {
    guard count == values else {
      throw Failure(
        CompressedTensorsReason.shape("compressed", [values], expected: "[\(count)], as the mask"))
    }
  }
}
