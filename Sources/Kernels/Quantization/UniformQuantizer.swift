import Tensors

/// Rounds a matrix to equally spaced numbers, by the arithmetic of the library compressed-tensors, step by step in singles.
///
/// With q from −2^(bits−1) to 2^(bits−1)−1 and the range of a tile extended to take in zero: symmetric, scale = largest magnitude ÷
/// ((2^bits − 1) ÷ 2); asymmetric, scale = (maximum − minimum) ÷ (2^bits − 1) and zero point = −2^(bits−1) − minimum ÷
/// scale. Then q = x ÷ scale + zero point, clamped and rounded to nearest even. A scale is rounded to its stored type before it is
/// used, and the type's epsilon where it would be zero.
package struct UniformQuantizer: Sendable {
  private let grid: ScaleGrid
  private let bits: Int
  private let isSymmetric: Bool
  private let rounding: ScaleRounding
  private let known: [Float]?

  /// - Parameter known: scales that do not follow the values, one for each tile; numbers beyond them are clamped.
  /// - Precondition: 2 to 8 bits; known scales are of a symmetric quantizer.
  package init(
    _ grid: ScaleGrid, bits: Int, isSymmetric: Bool, scales: ScaleRounding, known: [Float]? = nil
  ) {
    precondition((2...8).contains(bits))
    precondition(known.map { isSymmetric && $0.count == grid.count } ?? true)
    self.known = known
    self.grid = grid
    self.bits = bits
    self.isSymmetric = isSymmetric
    rounding = scales
  }

  /// Row-major codes and zero points as I8, scales in their type; zero points only of an asymmetric quantizer.
  ///
  /// - Throws: ``Failure`` if a row cannot be read, an element is NaN or infinite, or a range is beyond a single.
  package func quantize(_ reader: any RowReader) throws -> (
    codes: [UInt8], scales: [UInt8], zeroPoints: [UInt8]?
  ) {
    precondition(reader.rows == grid.rows && reader.columns == grid.columns)
    var steps = Steps(scales: [], zeroPoints: [])
    let isBanded = grid.height < grid.rows
    if !isBanded { steps = try self.steps(of: reader) }
    let codes = try [UInt8](unsafeUninitializedCapacity: grid.rows * grid.columns) {
      target, count in
      try reader.eachBand(multipleOf: isBanded ? grid.height : 1) { band, values in
        if isBanded { try append(ranges(of: band, values), to: &steps) }
        encode(band, values, steps, into: target.baseAddress!)
      }
      count = grid.rows * grid.columns
    }
    let zeroPoints = isSymmetric ? nil : steps.zeroPoints.map { UInt8(bitPattern: Int8($0)) }
    return (codes, rounding.bytes(of: steps.scales), zeroPoints)
  }

  private struct Steps {
    var scales: [Float]
    /// Whole numbers.
    var zeroPoints: [Float]
  }

  private var lowest: Float { -Float(1 << (bits - 1)) }
  private var highest: Float { Float(1 << (bits - 1)) - 1 }

  /// The steps of one row of tiles that are as high as the matrix.
  private func steps(of reader: any RowReader) throws -> Steps {
    var ranges = [Extrema](repeating: Extrema(), count: grid.across)
    try reader.eachBand { band, values in try extend(&ranges, by: band, values) }
    var steps = Steps(scales: [], zeroPoints: [])
    try append(ranges, to: &steps)
    return steps
  }

  /// The ranges of the tiles of whole rows of tiles.
  private func ranges(of band: Range<Int>, _ values: UnsafeBufferPointer<Float>) throws
    -> [Extrema]
  {
    var result: [Extrema] = []
    for rows in band.split(by: grid.height) {
      let start = (rows.lowerBound - band.lowerBound) * grid.columns
      let own = UnsafeBufferPointer(rebasing: values[start..<(start + rows.count * grid.columns)])
      var ranges = [Extrema](repeating: Extrema(), count: grid.across)
      try extend(&ranges, by: rows, own)
      result += ranges
    }
    return result
  }

  private func extend(
    _ ranges: inout [Extrema], by rows: Range<Int>, _ values: UnsafeBufferPointer<Float>
  ) throws {
    for (index, row) in rows.enumerated() {
      for tile in 0..<grid.across {
        let columns = grid.columns(of: tile)
        let start = index * grid.columns + columns.lowerBound
        let own = UnsafeBufferPointer(rebasing: values[start..<(start + columns.count)])
        ranges[tile].add(own)
        guard ranges[tile].isFinite else {
          let column = columns.lowerBound + (own.firstIndex { !$0.isFinite } ?? 0)
          throw Failure(WeightReason.notFinite(row: row, column: column))
        }
      }
    }
  }

  private func append(_ ranges: [Extrema], to steps: inout Steps) throws {
    let span = highest - lowest
    var scales: [Float] = []
    for (place, range) in ranges.enumerated() {
      let exact =
        known.map { $0[steps.scales.count + place] }
        ?? (isSymmetric ? range.magnitude / (span / 2) : (range.maximum - range.minimum) / span)
      guard exact.isFinite else { throw Failure(QuantizationReason.rangeTooWide) }
      scales.append(exact)
      if !isSymmetric {
        let point = lowest - range.minimum / exact
        steps.zeroPoints.append(
          point.isNaN ? 0 : max(lowest, min(highest, point)).rounded(.toNearestOrEven))
      }
    }
    rounding.round(&scales)
    steps.scales += scales.map { $0 == 0 ? rounding.epsilon : $0 }
  }

  private func encode(
    _ band: Range<Int>, _ values: UnsafeBufferPointer<Float>, _ steps: Steps,
    into codes: UnsafeMutablePointer<UInt8>
  ) {
    for (index, row) in band.enumerated() {
      for tile in 0..<grid.across {
        let columns = grid.columns(of: tile)
        let step = row / grid.height * grid.across + tile
        let (scale, zero) = (steps.scales[step], isSymmetric ? 0 : steps.zeroPoints[step])
        let source = values.baseAddress! + index * grid.columns
        let target = codes + row * grid.columns
        for column in columns {
          let code = nearest(source[column] / scale + zero, lowest, highest)
          target[column] = UInt8(truncatingIfNeeded: code)
        }
      }
    }
  }
}

/// A number clamped to whole bounds and rounded to the nearest whole one, to even in the middle.
///
/// - Precondition: the bounds are below 2²² in magnitude; adding 3·2²² then leaves no room for a fraction.
@inline(__always)
func nearest(_ value: Float, _ lowest: Float, _ highest: Float) -> Int32 {
  let clamped = value < lowest ? lowest : value > highest ? highest : value
  let magic: Float = 12_582_912
  return Int32((clamped + magic) - magic)
}

/// Why values cannot be quantized.
package enum QuantizationReason: Reason {
  case rangeTooWide
  case empty

  package var description: String {
    switch self {
    case .rangeTooWide: "its values lie further apart than the greatest single"
    case .empty: "has no values"
    }
  }
}
