import Tensors

/// Rounds weights to multiples of a step for each row, bounded by nothing but the type of their codes: what ``StepQuantizer`` does, with
/// errors that later columns make up for.
///
/// Steps are those of the weights as they were: a share of the root mean square of each row.
package final class StepRule: ColumnRule {
  private let steps: [Float]
  /// The type of all codes.
  private let type: ElementType
  private var (rows, columns) = (0, 0)
  /// `[columns, rows]`.
  private var codes: [Int16] = []

  /// - Parameters:
  ///   - steps: one for each row.
  ///   - type: I8 or I16.
  package init(steps: [Float], type: ElementType) {
    precondition(type == .i8 || type == .i16)
    (self.steps, self.type) = (steps, type)
  }

  package func begin(_ values: UnsafePointer<Float>, rows: Int, columns: Int) {
    precondition(steps.count == rows)
    (self.rows, self.columns) = (rows, columns)
    codes = [Int16](repeating: 0, count: rows * columns)
  }

  package func begin(
    block: Range<Int>, _ values: UnsafePointer<Float>, _ diagonal: [Float]
  ) {}

  package func settle(_ column: Int, _ values: UnsafeMutablePointer<Float>) {
    let (lowest, highest): (Float, Float) = type == .i8 ? (-128, 127) : (-32768, 32767)
    for row in 0..<rows {
      let code = nearest(values[row] / steps[row], lowest, highest)
      codes[column &* rows &+ row] = Int16(truncatingIfNeeded: code)
      values[row] = steps[row] * Float(code)
    }
  }

  /// Codes, row-major.
  package var bytes: [UInt8] {
    let width = type.byteWidth!
    var result = [UInt8](repeating: 0, count: codes.count * width)
    result.withUnsafeMutableBytes { target in
      for column in 0..<columns {
        for row in 0..<rows {
          let (place, code) = (row &* columns &+ column, codes[column &* rows &+ row])
          if width == 1 {
            target[place] = UInt8(truncatingIfNeeded: code)
          } else {
            target.storeBytes(of: code, toByteOffset: place &* 2, as: Int16.self)
          }
        }
      }
    }
    return result
  }
}
