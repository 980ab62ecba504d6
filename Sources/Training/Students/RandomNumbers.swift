import Glibc

/// A stream of random numbers, which depends on a seed and the number of the stream alone.
struct RandomNumbers {
  private let key: UInt64
  private var drawn: UInt64 = 0

  init(seed: UInt64, stream: UInt64) {
    key = RandomKeys.mixed(RandomKeys.mixed(seed) &+ stream)
  }

  /// A number from 0 to below 1, of 53 bits.
  mutating func unit() -> Double {
    drawn += 1
    return Double(RandomKeys.mixed(key &+ drawn) >> 11) * 0x1p-53
  }

  /// Numbers from −limit to below limit, all as likely.
  mutating func uniform(within limit: Float, count: Int) -> [Float] {
    (0..<count).map { _ in (2 * Float(unit()) - 1) * limit }
  }

  /// A number from the standard normal distribution (Box and Muller, 1958).
  mutating func normal() -> Double {
    let radius = (-2 * log(1 - unit())).squareRoot()
    return radius * cos(2 * .pi * unit())
  }

  /// A matrix `[rows, columns]`, row-major, whose columns are orthonormal and otherwise as likely in any direction: normal numbers,
  /// orthonormalized column by column, twice for the sake of rounding.
  ///
  /// - Precondition: there are no more columns than rows.
  mutating func orthonormalColumns(rows: Int, columns: Int) -> [Float] {
    precondition(columns <= rows)
    var basis: [[Double]] = []
    while basis.count < columns {
      var vector = (0..<rows).map { _ in normal() }
      for _ in 0..<2 {
        for other in basis { vector.subtractProjection(on: other) }
      }
      let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      // A column that depends on those before, which is as good as impossible, is drawn again.
      guard length > 1e-6 else { continue }
      basis.append(vector.map { $0 / length })
    }
    var matrix = [Float](repeating: 0, count: rows * columns)
    for (column, vector) in basis.enumerated() {
      for row in 0..<rows { matrix[row * columns + column] = Float(vector[row]) }
    }
    return matrix
  }
}

extension [Double] {
  /// Takes out what lies in the direction of a vector of length 1.
  fileprivate mutating func subtractProjection(on other: [Double]) {
    var product = 0.0
    for index in indices { product += self[index] * other[index] }
    for index in indices { self[index] -= product * other[index] }
  }
}
