import Foundation
import Tensors
import TestSupport
import Testing

@testable import Kernels

/// A matrix and what numpy makes of it.
struct GoldenFactorization: Decodable, CustomTestStringConvertible {
  let name: String
  let shape: [Int]
  let matrix: [Float]
  let rank: Int
  let rows: [Double]?
  let inputs: [Double]?
  let singularValues: [Double]
  let approximation: [Double]

  var testDescription: String { name }
  var tensor: Tensor { Tensor(matrix, Shape(shape)) }
  var weighting: ErrorWeighting {
    rows.map(ErrorWeighting.rows) ?? inputs.map(ErrorWeighting.inputs) ?? .none
  }

  static let all = try! JSONDecoder().decode(
    [GoldenFactorization].self,
    from: Data(contentsOf: URL(fileURLWithPath: Places.sample("factorization/svd.json"))))
}

@Suite struct TruncatedSVDTests {
  @Test(arguments: GoldenFactorization.all)
  func agreesWithNumpy(_ golden: GoldenFactorization) throws {
    let svd = try TruncatedSVD(
      of: golden.tensor, rank: golden.rank, weighting: golden.weighting)
    let greatest = max(golden.singularValues[0], 1e-30)
    for (found, expected) in zip(svd.singularValues, golden.singularValues) {
      #expect(abs(found - expected) < 1e-7 * greatest, "\(found) for \(expected)")
    }
    let product = svd.product(columns: golden.shape[1])
    let scale = golden.approximation.reduce(1e-30) { max($0, abs($1)) }
    for (found, expected) in zip(product, golden.approximation) {
      #expect(abs(found - expected) < 1e-5 * scale, "\(found) for \(expected)")
    }
    let alone = try TruncatedSVD.singularValues(of: golden.tensor, weighting: golden.weighting)
    for (found, expected) in zip(alone, golden.singularValues) {
      #expect(abs(found - expected) < 1e-7 * greatest)
    }
  }

  /// The error is that of the best approximation, which the singular values left out tell.
  @Test(arguments: [(300, 40), (40, 300), (64, 64), (900, 40)], [1.0, 1e-2, 1e-4, 1e-6])
  func isBestWithinATenthOfAPercent(_ shape: (Int, Int), least: Double) throws {
    var generator = SeededGenerator(seed: 11)
    let (rows, columns) = shape
    let (matrix, values) = conditionedMatrix(rows, columns, least: least, &generator)
    let tensor = Tensor(matrix.map(Float.init), [rows, columns])
    for rank in [1, 10, 30] {
      let svd = try TruncatedSVD(of: tensor, rank: rank)
      let product = svd.product(columns: columns)
      let error = zip(product, matrix).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        .squareRoot()
      let best = values.dropFirst(rank).reduce(0) { $0 + $1 * $1 }.squareRoot()
      let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      // Beside it, the rounding of the matrix and of both factors to singles.
      #expect(error <= 1.001 * best + 2e-7 * norm, "rank \(rank): \(error), best \(best)")
    }
  }

  /// A tall matrix is multiplied in single precision where that does; neither very small nor very large numbers do.
  @Test(arguments: [Float(1e-24), 1, 1e17])
  func theScaleOfATallMatrixDoesNotMatter(_ scale: Float) throws {
    var generator = SeededGenerator(seed: 13)
    let floats = (0..<(640 * 20)).map { _ in Float.random(in: -1...1, using: &generator) }
    let plain = try TruncatedSVD(of: Tensor(floats, [640, 20]), rank: 3)
    let scaled = try TruncatedSVD(of: Tensor(floats.map { $0 * scale }, [640, 20]), rank: 3)
    for (found, expected) in zip(scaled.product(columns: 20), plain.product(columns: 20)) {
      #expect(abs(found / Double(scale) - expected) < 1e-4)
    }
  }

  @Test func isTheSameWithAnyNumberOfThreads() throws {
    var generator = SeededGenerator(seed: 12)
    for (rows, columns) in [(5000, 260), (260, 5000), (1000, 900)] {
      let floats = (0..<(rows * columns)).map { _ in Float.random(in: -1...1, using: &generator) }
      let tensor = Tensor(floats, [rows, columns])
      let one = try TruncatedSVD(of: tensor, rank: 9, threads: 1)
      for threads in [2, 3] {
        let many = try TruncatedSVD(of: tensor, rank: 9, threads: threads)
        #expect(many.left == one.left && many.right == one.right)
      }
    }
  }

  @Test func readsOtherTypesAndUnalignedBytes() throws {
    let golden = GoldenFactorization.all[0]
    let expected = try TruncatedSVD(of: golden.tensor, rank: 3)
    let wide = try TruncatedSVD(of: golden.tensor.cast(to: .f64), rank: 3)
    #expect(wide.left == expected.left && wide.right == expected.right)
    let bytes = [1] + (try golden.tensor.allBytes())
    let shifted = Tensor(.f32, golden.tensor.shape, source: ShiftedSource(bytes: bytes))
    let moved = try TruncatedSVD(of: shifted, rank: 3)
    #expect(moved.left == expected.left)
  }

  @Test func refusesWhatIsNoMatrixOrHasNoSuchRank() throws {
    let cases: [(Tensor, Int, String)] = [
      (Tensor([1, 2, 3], [3]), 1, "expected a matrix, found shape [3]"),
      (Tensor([], [0, 4]), 1, "expected a matrix, found shape [0, 4]"),
      (Tensor([1, 2, 3, 4], [2, 2]), 3, "rank 3, expected 1…2 for a matrix [2, 2]"),
      (Tensor([1, 2, 3, 4], [2, 2]), 0, "rank 0, expected 1…2 for a matrix [2, 2]"),
      (Tensor([1, .nan, 3, 4], [2, 2]), 1, "element [0, 1] is NaN or infinite"),
    ]
    for (tensor, rank, message) in cases {
      let failure = try #require(throws: Failure.self) {
        try TruncatedSVD(of: tensor, rank: rank)
      }
      #expect(failure.description == message)
    }
    let weightings: [(ErrorWeighting, String)] = [
      (.rows([1]), "1 weights of rows, expected 2"),
      (.rows([1, -1]), "number 1 of the weights of rows is negative, NaN or infinite"),
      (
        .inputs([1, 0, .nan, 1]), "number 2 of the products of inputs is negative, NaN or infinite"
      ),
    ]
    for (weighting, message) in weightings {
      let failure = try #require(throws: Failure.self) {
        try TruncatedSVD(of: Tensor([1, 2, 3, 4], [2, 2]), rank: 1, weighting: weighting)
      }
      #expect(failure.description == message)
    }
  }

  @Test func weightsThatVanishDoNotDivide() throws {
    let golden = GoldenFactorization.all[0]
    let rows = [Double](repeating: 0, count: golden.shape[0])
    let unweighted = try TruncatedSVD(of: golden.tensor, rank: 2, weighting: .rows(rows))
    let plain = try TruncatedSVD(of: golden.tensor, rank: 2)
    #expect(plain.left == unweighted.left)
    let width = golden.shape[1]
    let nothing = [Double](repeating: 0, count: width * width)
    let svd = try TruncatedSVD(of: golden.tensor, rank: 2, weighting: .inputs(nothing))
    let isFinite = (svd.left + svd.right).allSatisfy { $0.isFinite }
    #expect(isFinite)
  }

  @Test func ranksKeepTheirEnergy() {
    #expect(TruncatedSVD.rank(keeping: 0.9, of: [3, 1, 0]) == 1)
    #expect(TruncatedSVD.rank(keeping: 0.91, of: [3, 1, 0]) == 2)
    #expect(TruncatedSVD.rank(keeping: 1, of: [3, 1, 0]) == 2)
    #expect(TruncatedSVD.rank(keeping: 0, of: [3, 1, 0]) == 1)
    #expect(TruncatedSVD.breakEvenRank(rows: 384, columns: 384) == 192)
  }
}

/// Bytes that begin at an odd place.
private struct ShiftedSource: TensorSource {
  let bytes: [UInt8]
  var byteCount: Int { bytes.count - 1 }
  var pieceSize: Int { byteCount }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try bytes.withUnsafeBytes {
      try body(
        UnsafeRawBufferPointer(rebasing: $0[(range.lowerBound + 1)..<(range.upperBound + 1)]))
    }
  }
}

extension TruncatedSVD {
  /// left · right, in double precision.
  fileprivate func product(columns: Int) -> [Double] {
    (0..<(left.count / rank)).flatMap { row in
      (0..<columns).map { column in
        (0..<rank).reduce(0.0) {
          $0 + Double(left[row * rank + $1]) * Double(right[$1 * columns + column])
        }
      }
    }
  }
}

/// A matrix of known singular values, which fall from 1 to the least in equal steps of their logarithm.
private func conditionedMatrix(
  _ rows: Int, _ columns: Int, least: Double, _ generator: inout SeededGenerator
) -> (matrix: [Double], values: [Double]) {
  let count = min(rows, columns)
  let values = (0..<count).map { exp(log(least) * Double($0) / Double(count - 1)) }
  let left = orthonormalRows(count, rows, &generator)
  let right = orthonormalRows(count, columns, &generator)
  var matrix = [Double](repeating: 0, count: rows * columns)
  for index in 0..<count {
    for row in 0..<rows {
      for column in 0..<columns {
        matrix[row * columns + column] += left[index][row] * values[index] * right[index][column]
      }
    }
  }
  return (matrix, values)
}

/// By Gram and Schmidt's method, twice.
private func orthonormalRows(
  _ count: Int, _ width: Int, _ generator: inout SeededGenerator
) -> [[Double]] {
  var rows: [[Double]] = []
  for _ in 0..<count {
    var row = (0..<width).map { _ in Double.random(in: -1...1, using: &generator) }
    for _ in 0..<2 {
      for other in rows {
        let projection = zip(row, other).reduce(0) { $0 + $1.0 * $1.1 }
        for place in 0..<width { row[place] -= projection * other[place] }
      }
    }
    let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    rows.append(row.map { $0 / norm })
  }
  return rows
}
