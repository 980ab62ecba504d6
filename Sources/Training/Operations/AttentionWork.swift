import Kernels
import Tensors

/// The gradients of attention's results, and where those of its inputs go.
struct AttentionGradients: Sendable {
  /// Nil where nothing depends on it.
  let context: Matrix?
  let scores: Matrix?
  let probabilities: Matrix?
  var q: (matrix: Matrix, adding: Bool)?
  var k: (matrix: Matrix, adding: Bool)?
  var v: (matrix: Matrix, adding: Bool)?

  init(context: Matrix?, scores: Matrix?, probabilities: Matrix?) {
    self.context = context
    self.scores = scores
    self.probabilities = probabilities
  }

  var areThere: Bool { context != nil || scores != nil || probabilities != nil }
}

/// One attention over a batch: what its pieces, a head of a sequence each, have in common.
struct AttentionWork: Sendable {
  let shape: AttentionShape
  let q: Matrix, k: Matrix, v: Matrix
  /// The probabilities of all pieces, before dropout.
  let p: Matrix
  let dropout: Dropout?
  let blas: OpenBLAS

  private var scale: Float { 1 / Float(shape.headWidth).squareRoot() }
  private var width: Int { shape.headWidth }

  func forward(_ piece: AttentionPiece, context: Matrix, scores: Matrix?) throws {
    let p = p.start + piece.offset
    let (queries, keys) = (piece.queries, piece.keys)
    blas.multiply(
      rows(q, queries, piece), rows(k, keys, piece, isTransposed: true), rows: queries.count,
      inner: width, columns: keys.count, into: p, stride: keys.count)
    if let scores {
      let target = scores.start + piece.offset
      for index in 0..<piece.count { target[index] = scale * p[index] }
    }
    Softmax.run(p, rows: queries.count, columns: keys.count, scale: scale)
    try withDropped(piece) { dropped in
      blas.multiply(
        Factor(start: dropped, stride: keys.count), rows(v, keys, piece), rows: queries.count,
        inner: keys.count, columns: width,
        into: context.row(queries.lowerBound) + piece.column, stride: context.columns)
    }
  }

  func backward(_ piece: AttentionPiece, _ gradients: AttentionGradients) throws {
    let (queries, keys) = (piece.queries, piece.keys)
    try withScratch(piece.count * 4) { scratch in
      let ds = scratch.baseAddress!.assumingMemoryBound(to: Float.self)
      if let context = gradients.context {
        try backward(fromContext: context, piece, ds, gradients)
      } else {
        ds.update(repeating: 0, count: piece.count)
      }
      if let extra = gradients.probabilities { add(extra, piece, times: 1, to: ds) }
      Softmax.gradient(
        p.start + piece.offset, ds, rows: queries.count, columns: keys.count, scale: scale)
      if let extra = gradients.scores { add(extra, piece, times: scale, to: ds) }
      if let target = gradients.q {
        blas.multiply(
          Factor(start: ds, stride: keys.count), rows(k, keys, piece), rows: queries.count,
          inner: keys.count, columns: width,
          into: target.matrix.row(queries.lowerBound) + piece.column, stride: q.columns,
          adding: target.adding)
      }
      if let target = gradients.k {
        blas.multiply(
          Factor(start: ds, stride: keys.count, isTransposed: true), rows(q, queries, piece),
          rows: keys.count, inner: queries.count, columns: width,
          into: target.matrix.row(keys.lowerBound) + piece.column, stride: k.columns,
          adding: target.adding)
      }
    }
  }

  /// The gradient of the values, and that of the probabilities before dropout, into `dp`.
  private func backward(
    fromContext context: Matrix, _ piece: AttentionPiece, _ dp: UnsafeMutablePointer<Float>,
    _ gradients: AttentionGradients
  ) throws {
    let (queries, keys) = (piece.queries, piece.keys)
    let dcontext = rows(context, queries, piece)
    if let target = gradients.v {
      try withDropped(piece) { dropped in
        blas.multiply(
          Factor(start: dropped, stride: keys.count, isTransposed: true), dcontext,
          rows: keys.count, inner: queries.count, columns: width,
          into: target.matrix.row(keys.lowerBound) + piece.column, stride: v.columns,
          adding: target.adding)
      }
    }
    blas.multiply(
      dcontext, rows(v, keys, piece, isTransposed: true), rows: queries.count, inner: width,
      columns: keys.count, into: dp, stride: keys.count)
    dropout?.run(dp, into: dp, count: piece.count, from: piece.offset)
  }

  /// Lends the probabilities of a piece after dropout.
  private func withDropped(
    _ piece: AttentionPiece, _ body: (UnsafePointer<Float>) -> Void
  ) throws {
    let p = p.start + piece.offset
    guard let dropout else { return body(p) }
    try withScratch(piece.count * 4) { scratch in
      let dropped = scratch.baseAddress!.assumingMemoryBound(to: Float.self)
      dropout.run(p, into: dropped, count: piece.count, from: piece.offset)
      body(dropped)
    }
  }

  private func add(
    _ gradient: Matrix, _ piece: AttentionPiece, times factor: Float,
    to sum: UnsafeMutablePointer<Float>
  ) {
    let term = gradient.start + piece.offset
    for index in 0..<piece.count { sum[index] += factor * term[index] }
  }

  /// A head's features of some tokens.
  private func rows(
    _ matrix: Matrix, _ tokens: Range<Int>, _ piece: AttentionPiece, isTransposed: Bool = false
  ) -> Factor {
    Factor(
      start: matrix.row(tokens.lowerBound) + piece.column, stride: matrix.columns,
      isTransposed: isTransposed)
  }
}
