import Tensors

/// The scales and zero points of row-major int8 codes, `[rows, groups]`: x = scale · (code − zero point).
struct RowQuantization: Sendable {
  /// Columns in a group.
  let groupSize: Int
  let groups: Int
  let scales: [Float]
  let zeroPoints: [Int32]

  /// - Parameter zeroPoints: zeros where there are none.
  /// - Throws: ``Failure`` if the groups do not divide the columns, a scale is NaN or infinite, or a
  ///   zero point is far from any code.
  init(rows: Int, columns: Int, scales: [Float], zeroPoints: [Int32]?, groups: Int) throws {
    guard groups > 0, columns % groups == 0 else {
      throw Failure(WeightReason.groupsDoNotDivide(columns: columns, groups: groups))
    }
    let expected = try checkedProduct(rows, groups)
    for count in [scales.count, zeroPoints?.count ?? expected] where count != expected {
      throw Failure(WeightReason.scaleCount(found: count, expected: expected))
    }
    if let index = scales.firstIndex(where: { !$0.isFinite }) {
      throw Failure(WeightReason.scaleNotFinite(row: index / groups, group: index % groups))
    }
    if let zeroPoints, let index = zeroPoints.firstIndex(where: { !(-256...256).contains($0) }) {
      throw Failure(
        WeightReason.zeroPointOutOfRange(
          row: index / groups, group: index % groups, zeroPoints[index]))
    }
    groupSize = columns / groups
    self.groups = groups
    self.scales = scales
    self.zeroPoints = zeroPoints ?? [Int32](repeating: 0, count: scales.count)
  }

  func value(_ code: Int8, row: Int, column: Int) -> Float {
    let index = row * groups + column / groupSize
    return Float(Int32(code) - zeroPoints[index]) * scales[index]
  }
}
