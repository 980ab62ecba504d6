import Tensors

/// A table of embeddings `[rows, features]` in memory, row-major, its elements as stored: F32, F16, BF16, or
/// I8 with scales.
package struct EmbeddingRows: Sendable {
  package let rows: Int
  package let features: Int
  private let elements: Elements
  private let memory: PackedMemory

  private enum Elements: Sendable {
    case f32, f16, bf16
    case i8(RowQuantization)

    var byteWidth: Int {
      switch self {
      case .f32: 4
      case .f16, .bf16: 2
      case .i8: 1
      }
    }
  }

  /// What the table takes, with its scales.
  package var byteCount: Int {
    if case .i8(let quantization) = elements {
      return memory.bytes.count + quantization.scales.count * 8
    }
    return memory.bytes.count
  }

  /// Reads a tensor of floats band by band; F64 becomes F32.
  ///
  /// - Throws: ``Failure`` if it is no such matrix, or an element is NaN or infinite, or becomes so.
  package init(_ tensor: Tensor) throws {
    guard tensor.shape.rank == 2 else { throw Failure(WeightReason.notAMatrix(tensor.shape)) }
    switch tensor.elementType {
    case .f32, .f64: elements = .f32
    case .f16: elements = .f16
    case .bf16: elements = .bf16
    default: throw Failure(WeightReason.notFloat(tensor.elementType))
    }
    let tensor = tensor.elementType == .f64 ? tensor.cast(to: .f32) : tensor
    rows = tensor.shape[0]
    features = tensor.shape[1]
    memory = try PackedMemory(byteCount: tensor.byteCount)
    let rowSize = features * elements.byteWidth
    try tensor.eachBandOfRows(multipleOf: 1) { band, bytes in
      try checkFinite(bytes, tensor.elementType, firstRow: band.lowerBound, columns: features)
      let start = band.lowerBound * rowSize
      UnsafeMutableRawBufferPointer(rebasing: memory.bytes[start...]).copyMemory(from: bytes)
    }
  }

  /// Reads rows band by band, and holds them as F32.
  ///
  /// - Throws: ``Failure`` if a row cannot be read, or an element is NaN or infinite.
  package init(_ reader: any RowReader) throws {
    elements = .f32
    rows = reader.rows
    features = reader.columns
    memory = try PackedMemory(byteCount: checkedProduct(rows, features, 4))
    let values = UnsafeMutableBufferPointer(
      start: memory.elements(as: Float.self), count: rows * features)
    for band in (0..<rows).split(by: max(1, reader.bandHeight)) {
      let members = UnsafeMutableBufferPointer(
        rebasing: values[(band.lowerBound * features)..<(band.upperBound * features)])
      try reader.read(band, into: members)
      try checkFinite(
        UnsafeRawBufferPointer(members), .f32, firstRow: band.lowerBound, columns: features)
    }
  }

  /// Row-major int8 codes: x = scale · (code − zero point); scales and zero points are `[rows, groups]`, a
  /// group being `features / groups` features.
  ///
  /// - Throws: ``Failure`` if the groups do not divide the features, or a scale is NaN or infinite.
  package init(
    rows: Int, features: Int, codes: UnsafeBufferPointer<Int8>, scales: [Float],
    zeroPoints: [Int32]?, groups: Int
  ) throws {
    precondition(codes.count == rows * features)
    self.rows = rows
    self.features = features
    elements = .i8(
      try RowQuantization(
        rows: rows, columns: features, scales: scales, zeroPoints: zeroPoints, groups: groups))
    memory = try PackedMemory(byteCount: codes.count)
    memory.bytes.copyMemory(from: UnsafeRawBufferPointer(codes))
  }

  /// Writes the rows of some ids as tokens from `firstToken` on, or adds them to what is there.
  ///
  /// - Precondition: every id is a row of the table.
  package func gather(
    ids: UnsafeBufferPointer<Int32>, into x: Activations, firstToken: Int, adding: Bool
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(features, 1)) { values in
      for (index, id) in ids.enumerated() {
        precondition(id >= 0 && Int(id) < rows)
        load(row: Int(id), into: values)
        x.store(values, token: firstToken + index, features: features, adding: adding)
      }
    }
  }

  private func load(row: Int, into values: UnsafeMutableBufferPointer<Float>) {
    let start = row * features
    let size = features * elements.byteWidth
    let bytes = UnsafeRawBufferPointer(rebasing: memory.bytes[(row * size)..<((row + 1) * size)])
    let target = UnsafeMutableRawBufferPointer(values)
    switch elements {
    case .f32: Cast.convert(bytes, .f32, to: target, .f32)
    case .f16: Cast.convert(bytes, .f16, to: target, .f32)
    case .bf16: Cast.convert(bytes, .bf16, to: target, .f32)
    case .i8(let quantization):
      let codes = memory.elements(as: Int8.self) + start
      for feature in 0..<features {
        values[feature] = quantization.value(codes[feature], row: row, column: feature)
      }
    }
  }
}

extension Activations {
  /// Writes the features of one token, or adds them to what is there.
  fileprivate func store(
    _ values: UnsafeMutableBufferPointer<Float>, token: Int, features: Int, adding: Bool
  ) {
    let width = Self.panelWidth
    let lanes = panel(token / width) + token % width
    if adding {
      for feature in 0..<features { lanes[feature &* width] += values[feature] }
    } else {
      for feature in 0..<features { lanes[feature &* width] = values[feature] }
    }
  }
}
