import Checkpoints
import Kernels
import Tensors

/// How far a matrix is from what it was, where it matters.
struct TreatmentError {
  private let matrix: Parameter
  private let statistics: Statistics
  /// How often each word occurs in the text that losses are measured on.
  private let heldOut: [Int]

  /// Where errors weigh: over the text that calibration saw, and over that which losses are measured on. Both are the same but of words, which
  /// texts that are yet to come have in other proportions than few texts that are at hand.
  struct Value {
    var expected: Double
    var heldOut: Double
  }

  init(of matrix: Parameter, _ statistics: Statistics, heldOut: [Int]) {
    (self.matrix, self.statistics, self.heldOut) = (matrix, statistics, heldOut)
  }

  /// The mean squared error of what a linear gives beyond its mean, which biases make up for; of a word's row as often as the word occurs; of
  /// other matrices of each row. Where it is known how far scores move with what a matrix gives, errors weigh by that.
  func value(_ storage: Storage) throws -> Value {
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    let before = try matrix.storage.values(of: matrix.shape)
    var errors = try storage.values(of: matrix.shape)
    for index in errors.indices { errors[index] -= before[index] }
    if let gram = try statistics.centredGram(matrix.role, width: columns),
      let count = try statistics.inputCount(matrix.role), count > 0
    {
      let forms = try quadraticForms(errors, gram, rows: rows, columns: columns)
      let weights = try statistics.sensitivity(matrix.role, count: rows)
      let error =
        forms.indices.reduce(0) { $0 + forms[$1] * Double(weights?[$1] ?? 1) } / Double(count)
      return Value(expected: error, heldOut: error)
    }
    let squares = try squares(of: errors, rows: rows, columns: columns)
    guard matrix.role == Role(.embedding(.word), .weight),
      let counts = try statistics.tokenFrequencies(count: rows), heldOut.count == rows
    else {
      let mean = Self.mean(squares) { _ in 1 }
      return Value(expected: mean, heldOut: mean)
    }
    return Value(
      expected: Self.mean(squares) { Double(counts[$0]) + Self.unseen },
      heldOut: Self.mean(squares) { Double(heldOut[$0]) })
  }

  /// Of each row.
  private func squares(of errors: [Float], rows: Int, columns: Int) throws -> [Double] {
    if let gram = try statistics.sensitivityGram(matrix.role, width: columns) {
      return try quadraticForms(errors, gram, rows: rows, columns: columns)
    }
    return (0..<rows).map { row in
      errors[(row * columns)..<((row + 1) * columns)].reduce(0.0) { $0 + Double($1 * $1) }
    }
  }

  private static func mean(_ squares: [Double], _ weight: (Int) -> Double) -> Double {
    let sums = squares.indices.reduce(into: (product: 0.0, total: 0.0)) { sums, row in
      sums.product += weight(row) * squares[row]
      sums.total += weight(row)
    }
    return sums.product / max(sums.total, .leastNormalMagnitude)
  }

  /// Words that the text happens to lack occur a little too (Laplace's rule of succession).
  private static let unseen = 1.0
}
