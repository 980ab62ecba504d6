import Tensors

/// Why a matrix cannot be packed for products.
package enum WeightReason: Reason {
  case notAMatrix(Shape)
  case notFloat(ElementType)
  case notFinite(row: Int, column: Int)
  case scaleNotFinite(row: Int, group: Int)
  case zeroPointOutOfRange(row: Int, group: Int, Int32)
  case groupsDoNotDivide(columns: Int, groups: Int)
  case groupNotMultiple(size: Int, of: Int)
  case scaleCount(found: Int, expected: Int)
  case tooWide(columns: Int, limit: Int)

  package var description: String {
    switch self {
    case .notAMatrix(let shape): "expected a matrix, found shape \(shape)"
    case .notFloat(let type): "expected floating-point elements, found \(type.rawValue)"
    case .notFinite(let row, let column): "element [\(row), \(column)] is NaN or infinite"
    case .scaleNotFinite(let row, let group):
      "the scale of row \(row), group \(group) is NaN or infinite"
    case .zeroPointOutOfRange(let row, let group, let value):
      "the zero point of row \(row), group \(group) is \(value), expected -256…256"
    case .groupsDoNotDivide(let columns, let groups):
      "\(columns) columns cannot be divided into \(groups) groups"
    case .groupNotMultiple(let size, let unit):
      "groups of \(size) columns, expected a multiple of \(unit)"
    case .scaleCount(let found, let expected): "\(found) scales, expected \(expected)"
    case .tooWide(let columns, let limit): "\(columns) columns, expected at most \(limit)"
    }
  }
}
