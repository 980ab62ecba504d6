import Checkpoints
import Kernels
import Tensors

/// The matrix of an embedding, `[rows, width]`, whose rows are looked up.
enum EmbeddingTable: Sendable {
  case rows(EmbeddingRows)
  /// Rows of the left factor, `[rows, rank]`, are looked up and multiplied by the right one.
  case factorized(EmbeddingRows, right: LinearWeights, rank: Int)

  init(_ storage: Storage, rows: Int, width: Int, compute: Compute) throws {
    switch storage {
    case .factorized(let left, let right):
      let rank = try Storage.rank(left, right, rows: rows, columns: width)
      let values = try right.values(of: [rank, width])
      var transposed = [Float](repeating: 0, count: values.count)
      for row in 0..<rank {
        for column in 0..<width { transposed[column * rank + row] = values[row * width + column] }
      }
      let weights = try transposed.withUnsafeBufferPointer {
        try DenseWeights(rows: width, columns: rank, floats: $0)
      }
      self = .factorized(
        try Self.table(left, rows: rows, width: rank), right: .dense(weights), rank: rank)
    default:
      self = .rows(try Self.table(storage, rows: rows, width: width))
    }
  }

  private static func table(_ storage: Storage, rows: Int, width: Int) throws -> EmbeddingRows {
    if let tensor = storage.dense { return try EmbeddingRows(tensor.reshaped([rows, width])) }
    if case .quantized(let codes, let scheme) = storage,
      let matrix = try IntegerMatrix(codes, scheme, rows: rows, columns: width)
    {
      return try matrix.codes.withBytes {
        try EmbeddingRows(
          rows: rows, features: width, codes: $0.bindMemory(to: Int8.self), scales: matrix.scales,
          zeroPoints: matrix.zeroPoints, groups: matrix.groups)
      }
    }
    return try EmbeddingRows(storage.rows(of: [rows, width]))
  }

  /// Of the product of factors, 0 where there is none.
  var rank: Int {
    switch self {
    case .rows: 0
    case .factorized(_, _, let rank): rank
    }
  }
}

/// The embeddings of a model: words, positions, types, norm and projection.
struct Embeddings: Sendable {
  let words: EmbeddingTable
  let positions: EmbeddingTable
  /// Nil in models that know no types.
  let types: EmbeddingTable?
  let norm: Norm
  /// From the embeddings' width to the encoder's, where they differ.
  let projection: Linear?
  let width: Int

  init(_ reader: ParameterReader, _ encoder: EncoderArchitecture, _ settings: EncoderSettings)
    throws
  {
    let isProjected = reader.has(.embedding(.projection))
    let width = isProjected ? encoder.embedding : encoder.hidden
    words = try reader.table(.word, rows: encoder.vocabulary, width: width)
    positions = try reader.table(.position, rows: encoder.positions, width: width)
    types =
      encoder.hasTypes ? try reader.table(.type, rows: encoder.types, width: width) : nil
    norm = try reader.norm(.embedding(.norm), width: width, epsilon: settings.normEpsilon)
    projection =
      isProjected
      ? try reader.linear(.embedding(.projection), rows: encoder.hidden, columns: width) : nil
    self.width = width
  }

  var tables: [EmbeddingTable] { [words, positions] + (types.map { [$0] } ?? []) }
}
