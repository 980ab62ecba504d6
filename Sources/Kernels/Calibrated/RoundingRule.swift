import Tensors

/// Rounds weights to equally spaced numbers, by the arithmetic of ``UniformQuantizer`` (GPTQ: Frantar et al., 2023).
///
/// Scales of rows are those of the weights as they were; scales of groups those of the weights as they are when the group begins, which have
/// made up for errors before them.
package final class RoundingRule: ColumnRule {
  private let bits: Int
  private let isSymmetric: Bool
  /// Columns that share a scale; nil for all.
  private let group: Int?
  private let rounding: ScaleRounding
  private var (rows, columns) = (0, 0)
  private var source: UnsafePointer<Float>?
  /// `[groups, rows]`.
  private(set) var scales: [Float] = []
  private var zeroPoints: [Float] = []
  /// `[columns, rows]`.
  private var codes: [Int8] = []
  /// Whether a range was beyond a single.
  package private(set) var isTooWide = false

  /// - Precondition: 2 to 8 bits; the group divides the columns.
  package init(bits: Int, isSymmetric: Bool, group: Int?, scales: ScaleRounding) {
    precondition((2...8).contains(bits))
    (self.bits, self.isSymmetric, self.group, rounding) = (bits, isSymmetric, group, scales)
  }

  private var lowest: Float { -Float(1 << (bits - 1)) }
  private var highest: Float { Float(1 << (bits - 1)) - 1 }

  package func begin(_ values: UnsafePointer<Float>, rows: Int, columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    codes = [Int8](repeating: 0, count: rows * columns)
    (scales, zeroPoints) = ([], [])
    if group == nil { appendSteps(of: 0..<columns, values) }
  }

  package func begin(
    block: Range<Int>, _ values: UnsafePointer<Float>, _ diagonal: [Float]
  ) { source = values }

  package func settle(_ column: Int, _ values: UnsafeMutablePointer<Float>) {
    if let group, column % group == 0, let source {
      appendSteps(of: column..<min(column + group, columns), source)
    }
    let first = group.map { column / $0 * rows } ?? 0
    for row in 0..<rows {
      let (scale, zero) = (scales[first &+ row], isSymmetric ? 0 : zeroPoints[first &+ row])
      let code = nearest(values[row] / scale + zero, lowest, highest)
      codes[column &* rows &+ row] = Int8(truncatingIfNeeded: code)
      values[row] = scale * (Float(code) - zero)
    }
  }

  private func appendSteps(of range: Range<Int>, _ values: UnsafePointer<Float>) {
    var least = [Float](repeating: 0, count: rows)
    var greatest = least
    for column in range {
      let own = values + column * rows
      for row in 0..<rows {
        least[row] = min(least[row], own[row])
        greatest[row] = max(greatest[row], own[row])
      }
    }
    let span = highest - lowest
    var steps = (0..<rows).map { row in
      isSymmetric
        ? max(greatest[row], -least[row]) / (span / 2) : (greatest[row] - least[row]) / span
    }
    if steps.contains(where: { !$0.isFinite }) { isTooWide = true }
    if !isSymmetric {
      zeroPoints += (0..<rows).map { row in
        let point = lowest - least[row] / steps[row]
        return point.isNaN ? 0 : max(lowest, min(highest, point)).rounded(.toNearestOrEven)
      }
    }
    rounding.round(&steps)
    scales += steps.map { $0 == 0 ? rounding.epsilon : $0 }
  }

  /// Codes row-major as I8, scales `[rows, groups]` in their type, and zero points of asymmetric codes as I8.
  package var result: (codes: [UInt8], scales: [UInt8], zeroPoints: [UInt8]?) {
    var rowMajor = [UInt8](repeating: 0, count: codes.count)
    for column in 0..<columns {
      for row in 0..<rows {
        rowMajor[row &* columns &+ column] = UInt8(bitPattern: codes[column &* rows &+ row])
      }
    }
    let groups = rows == 0 ? 0 : scales.count / rows
    func byRows(_ values: [Float]) -> [Float] {
      (0..<rows).flatMap { row in (0..<groups).map { values[$0 * rows + row] } }
    }
    let points = isSymmetric ? nil : byRows(zeroPoints).map { UInt8(bitPattern: Int8($0)) }
    return (rowMajor, rounding.bytes(of: byRows(scales)), points)
  }
}
