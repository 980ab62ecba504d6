import Checkpoints
import Tensors

/// Sums over how far a model's scores move with what its linears and its table of words give: of every output its squared derivative, and of
/// words' vectors the second moments of derivatives.
///
/// The scores are taken together with random signs, so that the mean of the squares is that of all scores' derivatives (Hutchinson, 1990).
/// The squares are the diagonal of the factor for outputs of Martens and Grosse's approximation of the curvature ("Optimizing Neural Networks with
/// Kronecker-factored Approximate Curvature", 2015), for squared errors of scores.
final class OutputSensitivity {
  /// The sums of what belongs to one matrix.
  private final class Sums {
    let width: Int
    var squares: [Double]
    /// `[width, width]`; nil where the diagonal is enough.
    var products: [Double]?
    var count = 0

    init(width: Int, hasProducts: Bool) {
      self.width = width
      squares = [Double](repeating: 0, count: width)
      products = hasProducts ? [Double](repeating: 0, count: width * width) : nil
    }
  }

  private var sums: [Role: Sums] = [:]

  /// Takes in the derivatives by what a matrix gives, `[vectors, out]`.
  func add(_ slopes: Matrix, of role: Role, _ tape: Tape) throws {
    let target = sums[role] ?? Sums(width: slopes.columns, hasProducts: role.isWordTable)
    sums[role] = target
    target.count += slopes.rows
    for row in 0..<slopes.rows {
      let values = slopes.row(row)
      for column in 0..<slopes.columns {
        target.squares[column] += Double(values[column]) * Double(values[column])
      }
    }
    guard target.products != nil else { return }
    let products = try tape.matrix(rows: slopes.columns, columns: slopes.columns)
    try tape.multiply(slopes.transposed, slopes.plain, into: products)
    for index in 0..<products.count { target.products![index] += Double(products.start[index]) }
  }

  /// `ROLE.sensitivity` `[out]`, and of words' vectors `ROLE.sensitivity-gram` `[out, out]`.
  var tensors: [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (role, sums) in sums {
      let share = 1 / Double(max(1, sums.count))
      tensors["\(role).sensitivity"] = Tensor(
        singles: sums.squares.map { $0 * share }, [sums.width])
      guard let products = sums.products else { continue }
      tensors["\(role).sensitivity-gram"] = Tensor(
        singles: products.map { $0 * share }, [sums.width, sums.width])
    }
    return tensors
  }
}

extension Role {
  fileprivate var isWordTable: Bool { self == Role(.embedding(.word), .weight) }
}
