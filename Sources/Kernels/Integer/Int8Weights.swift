import CKernels
import Tensors

/// A matrix `[rows (out), columns (in)]` of int8 codes for products with quantized activations.
///
/// w ≈ scale · code, a scale for each row, or for each row and group of columns. Sums are exact in
/// 32 bits for up to 65536 columns. Codes lie as `[row block][⌈columns / 4⌉][6 rows][4 columns]`.
package struct Int8Weights: Sendable {
  package static let blockRows = 6
  package static let largestWidth = 1 << 16

  package let rows: Int
  package let columns: Int
  let groups: Int
  let memory: PackedMemory
  /// `[row block][group][6 rows]`
  let scales: [Float]
  /// Σ_k code over the columns of a group: `[row block][group][6 rows]`
  let sums: [Int32]

  package var rowBlocks: Int { rows.groups(of: Self.blockRows) }
  package var byteCount: Int { memory.bytes.count + (scales.count + sums.count) * 4 }
  /// Columns in a group.
  var groupSize: Int { columns / groups }

  /// Quantizes a row-major matrix: scale = largest magnitude of the row / 127, ties to even.
  ///
  /// - Throws: ``Failure`` if an element is NaN or infinite.
  package init(rows: Int, columns: Int, floats: UnsafeBufferPointer<Float>) throws {
    precondition(floats.count == rows * columns)
    try checkFinite(UnsafeRawBufferPointer(floats), .f32, firstRow: 0, columns: columns)
    var scales: [Float] = []
    scales.reserveCapacity(rows)
    let codes = [Int8](unsafeUninitializedCapacity: floats.count) { codes, count in
      for row in 0..<rows {
        let members = (row * columns)..<((row + 1) * columns)
        scales.append(
          Self.quantize(
            UnsafeBufferPointer(rebasing: floats[members]),
            to: UnsafeMutableBufferPointer(rebasing: codes[members]), using: .available))
      }
      count = floats.count
    }
    self = try codes.withUnsafeBufferPointer {
      try Int8Weights(rows: rows, columns: columns, codes: $0, scales: scales, groups: 1)
    }
  }

  /// Quantizes one row and returns its scale.
  static func quantize(
    _ row: UnsafeBufferPointer<Float>, to codes: UnsafeMutableBufferPointer<Int8>,
    using instructions: Instructions
  ) -> Float {
    guard let values = row.baseAddress, let target = codes.baseAddress else { return 0 }
    if instructions == .avx2 { return pare_quantize_row(values, row.count, target) }
    let scale = row.reduce(0) { max($0, $1.magnitude) } / 127
    for index in 0..<row.count {
      let quotient = scale > 0 ? (values[index] / scale).rounded(.toNearestOrEven) : 0
      target[index] = Int8(max(-127, min(127, quotient)))
    }
    return scale
  }

  /// Row-major codes with scales `[rows, groups]`; a group is `columns / groups` columns, and where there
  /// are several, a multiple of 4.
  ///
  /// - Throws: ``Failure`` if the groups are not such, a scale is NaN or infinite, or the matrix is wider
  ///   than ``largestWidth``.
  package init(
    rows: Int, columns: Int, codes: UnsafeBufferPointer<Int8>, scales: [Float], groups: Int
  ) throws {
    precondition(codes.count == rows * columns)
    guard columns <= Self.largestWidth else {
      throw Failure(WeightReason.tooWide(columns: columns, limit: Self.largestWidth))
    }
    let quantization = PackedQuantization(
      try RowQuantization(
        rows: rows, columns: columns, scales: scales, zeroPoints: nil, groups: groups), rows: rows)
    let unit = QuantizedActivations.unit
    guard groups == 1 || quantization.groupSize % unit == 0 else {
      throw Failure(WeightReason.groupNotMultiple(size: quantization.groupSize, of: unit))
    }
    self.rows = rows
    self.columns = columns
    self.groups = groups
    self.scales = quantization.scales
    let steps = columns.groups(of: unit)
    memory = try PackedMemory(
      byteCount: checkedProduct(rows.groups(of: Self.blockRows), Self.blockRows, steps, unit))
    var sums = [Int32](repeating: 0, count: quantization.scales.count)
    for row in 0..<rows {
      let (block, place) = row.quotientAndRemainder(dividingBy: Self.blockRows)
      let target = memory.bytes.baseAddress! + (block * steps * Self.blockRows + place) * unit
      for group in 0..<groups {
        var sum: Int32 = 0
        let members = (group * quantization.groupSize)..<((group + 1) * quantization.groupSize)
        for column in members {
          let code = codes[row &* columns &+ column]
          let (step, member) = column.quotientAndRemainder(dividingBy: unit)
          target.storeBytes(
            of: code, toByteOffset: step &* Self.blockRows &* unit &+ member, as: Int8.self)
          sum &+= Int32(code)
        }
        sums[(block * groups + group) * Self.blockRows + place] = sum
      }
    }
    self.sums = sums
  }
}
