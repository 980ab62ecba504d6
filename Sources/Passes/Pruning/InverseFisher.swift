import Checkpoints
import Kernels
import Tensors

/// The inverse of the empirical Fisher information of a matrix's weights, in blocks that are taken to be independent: what says how much
/// the loss grows when weights go, and how others make up for it (Optimal BERT Surgeon: Kurtic et al., 2022, equations 3, 4 and 7).
///
/// Of a set Q of weights in a block the loss grows by ρ = ½ w_Qᵀ ([F⁻¹]_QQ)⁻¹ w_Q, if the others of the block change by
/// δ = −F⁻¹ E_Q ([F⁻¹]_QQ)⁻¹ w_Q. Worked out in double precision.
struct InverseFisher: Sendable {
  /// `[down, across, n, n]`, F32, n weights to a block.
  let blocks: Tensor
  /// Rows and columns of a block.
  let block: Shape
  /// Of the matrix.
  let shape: Shape

  private var size: Int { block.elementCount }
  private var across: Int { shape[1] / block[1] }

  /// How much the loss grows without each block of a pattern: F32.
  ///
  /// - Throws: ``Failure`` if the pattern's blocks do not lie within those of the curvature.
  func scores(of weights: Tensor, pattern: Shape) throws -> Tensor {
    guard block[0] % pattern[0] == 0, block[1] % pattern[1] == 0 else {
      throw Failure(
        PassReason.unfit(
          pass: Prune.declaration.name,
          why: "the curvature is of blocks \(block), which \(pattern) does not divide"))
    }
    let (down, wide) = (shape[0] / pattern[0], shape[1] / pattern[1])
    var scores = [Float](repeating: 0, count: down * wide)
    try each(weights) { row, column, values, inverse in
      for top in stride(from: 0, to: block[0], by: pattern[0]) {
        for left in stride(from: 0, to: block[1], by: pattern[1]) {
          let places = Self.places(top, left, pattern, width: block[1])
          let index = (row + top) / pattern[0] * wide + (column + left) / pattern[1]
          scores[index] = Float(Self.growth(places, values, inverse, size))
        }
      }
    }
    return Tensor(.f32, [down, wide], source: MemorySource(scores.withUnsafeBytes(Array.init)))
  }

  /// The weights, those that are kept changed to make up for the others; those are zero.
  func compensated(_ weights: Tensor, keeping kept: [UInt8]) throws -> Tensor {
    var result = try weights.singles()
    let columns = shape[1]
    try each(weights.cast(to: .f32)) { row, column, values, inverse in
      let index = { (place: Int) in
        (row + place / block[1]) * columns + column + place % block[1]
      }
      let gone = (0..<size).filter { kept[index($0)] == 0 }
      guard !gone.isEmpty else { return }
      let factors = Self.solution(gone, values, inverse, size)
      for place in 0..<size {
        let change = zip(gone, factors).reduce(0.0) { sum, entry in
          sum + Double(inverse[place * size + entry.0]) * entry.1
        }
        result[index(place)] =
          kept[index(place)] == 0 ? 0 : Float(Double(values[place]) - change)
      }
    }
    let singles = Tensor(
      .f32, weights.shape, source: MemorySource(result.withUnsafeBytes(Array.init)))
    return singles.cast(to: weights.elementType)
  }

  /// Goes through the blocks: the first row and column, the weights, and the inverse, `[n, n]`.
  private func each(
    _ weights: Tensor, _ body: (Int, Int, [Float], UnsafePointer<Float>) throws -> Void
  ) throws {
    var values = [Float](repeating: 0, count: size)
    let columns = shape[1]
    try weights.withBytes { bytes in
      let numbers = bytes.bindMemory(to: Float.self)
      for down in 0..<(shape[0] / block[0]) {
        let span = across * size * size * 4
        try blocks.source.withBytes((down * span)..<((down + 1) * span)) { inverse in
          let inverse = inverse.baseAddress!.assumingMemoryBound(to: Float.self)
          for place in 0..<across {
            let (row, column) = (down * block[0], place * block[1])
            for index in 0..<size {
              values[index] =
                numbers[(row + index / block[1]) * columns + column + index % block[1]]
            }
            try body(row, column, values, inverse + place * size * size)
          }
        }
      }
    }
  }

  /// The places in a block of a part of it.
  private static func places(_ top: Int, _ left: Int, _ part: Shape, width: Int) -> [Int] {
    (top..<top + part[0]).flatMap { row in (left..<left + part[1]).map { row * width + $0 } }
  }

  private static func growth(
    _ places: [Int], _ values: [Float], _ inverse: UnsafePointer<Float>, _ size: Int
  ) -> Double {
    if places.count == 1 {
      let (place, value) = (places[0], Double(values[places[0]]))
      return value * value / Double(inverse[place * size + place]) / 2
    }
    let solution = solution(places, values, inverse, size)
    return max(0, zip(places, solution).reduce(0) { $0 + Double(values[$1.0]) * $1.1 } / 2)
  }

  /// ([F⁻¹]_QQ)⁻¹ w_Q, by Cholesky's decomposition.
  private static func solution(
    _ places: [Int], _ values: [Float], _ inverse: UnsafePointer<Float>, _ size: Int
  ) -> [Double] {
    var matrix = places.flatMap { row in
      places.map { Double(inverse[row * size + $0]) }
    }
    var solution = places.map { Double(values[$0]) }
    SmallSystem.solve(&matrix, &solution)
    return solution
  }
}
