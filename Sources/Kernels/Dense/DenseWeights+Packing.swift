import Tensors

extension DenseWeights {
  /// A tensor of floats `[rows, columns]`, read band by band, so that no second copy of it exists.
  /// Elements stay as they are stored; F64 becomes F32.
  ///
  /// - Throws: ``Failure`` if it is no such matrix, or an element is NaN or infinite, or becomes so.
  package init(_ tensor: Tensor) throws {
    guard tensor.shape.rank == 2 else { throw Failure(WeightReason.notAMatrix(tensor.shape)) }
    let elements: PackedElements
    switch tensor.elementType {
    case .f32, .f64: elements = .f32
    case .f16: elements = .f16
    case .bf16: elements = .bf16
    default: throw Failure(WeightReason.notFloat(tensor.elementType))
    }
    try self.init(rows: tensor.shape[0], columns: tensor.shape[1], elements: elements)
    let tensor = tensor.elementType == .f64 ? tensor.cast(to: .f32) : tensor
    try tensor.eachBandOfRows(multipleOf: Self.blockRows) { band, bytes in
      try checkFinite(bytes, tensor.elementType, firstRow: band.lowerBound, columns: columns)
      pack(bytes, rows: band)
    }
  }

  /// A row-major matrix of floats in memory.
  ///
  /// - Throws: ``Failure`` if an element is NaN or infinite.
  package init(rows: Int, columns: Int, floats: UnsafeBufferPointer<Float>) throws {
    precondition(floats.count == rows * columns)
    try self.init(rows: rows, columns: columns, elements: .f32)
    try checkFinite(UnsafeRawBufferPointer(floats), .f32, firstRow: 0, columns: columns)
    pack(UnsafeRawBufferPointer(floats), rows: 0..<rows)
  }

  /// Row-major int8 codes: x = scale · (code − zero point). Scales and zero points are `[rows, groups]`,
  /// a group being `columns / groups` columns; one group is a scale for each row.
  ///
  /// - Throws: ``Failure`` if the groups do not divide the columns, a scale is NaN or infinite, or a
  ///   zero point is far from any code.
  package init(
    rows: Int, columns: Int, codes: UnsafeBufferPointer<Int8>, scales: [Float],
    zeroPoints: [Int32]?, groups: Int
  ) throws {
    precondition(codes.count == rows * columns)
    let quantization = try RowQuantization(
      rows: rows, columns: columns, scales: scales, zeroPoints: zeroPoints, groups: groups)
    let packed = PackedQuantization(quantization, rows: rows)
    try self.init(rows: rows, columns: columns, elements: .i8(packed))
    pack(UnsafeRawBufferPointer(codes), rows: 0..<rows)
  }

  /// Puts some rows, the first of them at the start of a block, in their place.
  private func pack(_ bytes: UnsafeRawBufferPointer, rows: Range<Int>) {
    switch elements.byteWidth {
    case 1: pack(bytes, rows, UInt8.self)
    case 2: pack(bytes, rows, UInt16.self)
    default: pack(bytes, rows, UInt32.self)
    }
  }

  @inline(__always)
  private func pack<Bits: FixedWidthInteger>(
    _ bytes: UnsafeRawBufferPointer, _ rows: Range<Int>, _: Bits.Type
  ) {
    guard let source = bytes.baseAddress else { return }
    let width = MemoryLayout<Bits>.size
    let target = memory.elements(as: Bits.self)
    for columnBlock in 0..<columnBlocks {
      let columns = columns(of: columnBlock)
      for row in rows {
        let block = offset(rowBlock: row / Self.blockRows, columnBlock: columnBlock)
        let output = target + block + row % Self.blockRows
        let input = source + ((row - rows.lowerBound) * self.columns + columns.lowerBound) * width
        for column in 0..<columns.count {
          output[column &* Self.blockRows] = input.loadUnaligned(
            fromByteOffset: column &* width, as: Bits.self)
        }
      }
    }
  }
}
