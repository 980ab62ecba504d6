import Kernels

/// A linear map on composed storage: y = W · x + b, W of shape `[rows, columns]`.
struct Linear: Sendable {
  let weights: LinearWeights
  let bias: FloatVector?
  let rows: Int
  let columns: Int
}

/// The matrix of a linear map, in the form in which it is multiplied.
indirect enum LinearWeights: Sendable {
  case dense(DenseWeights)
  case rows(SparseRows)
  case blocks(SparseBlocks)
  case integers(Int8Weights)
  /// W = left · right, computed as two thin products.
  case factorized(left: LinearWeights, right: LinearWeights, rank: Int)
  case sum(LinearWeights, LinearWeights)
}

extension LinearWeights {
  /// Products with a scalar for each column of activations: what is multiplied, not what is stored.
  var multiplications: Int {
    switch self {
    case .dense(let weights): weights.rows * weights.columns
    case .rows(let weights): weights.nonzeros
    case .blocks(let weights): weights.nonzeros
    case .integers(let weights): weights.rows * weights.columns
    case .factorized(let left, let right, _): left.multiplications + right.multiplications
    case .sum(let first, let second): first.multiplications + second.multiplications
    }
  }

  /// The greatest number of features of an intermediate product, 0 where there is none.
  var innerWidth: Int {
    switch self {
    case .dense, .rows, .blocks, .integers: 0
    case .factorized(let left, let right, let rank):
      rank + max(left.innerWidth, right.innerWidth)
    case .sum(let first, let second): max(first.innerWidth, second.innerWidth)
    }
  }

  /// Whether its own input is to be quantized.
  var readsIntegers: Bool {
    switch self {
    case .integers: true
    case .dense, .rows, .blocks: false
    case .factorized(_, let right, _): right.readsIntegers
    case .sum(let first, let second): first.readsIntegers || second.readsIntegers
    }
  }

  /// Whether anything within is computed in integers.
  var usesIntegers: Bool {
    switch self {
    case .integers: true
    case .dense, .rows, .blocks: false
    case .factorized(let left, let right, _): left.usesIntegers || right.usesIntegers
    case .sum(let first, let second): first.usesIntegers || second.usesIntegers
    }
  }
}
