import Kernels
import Tensors

/// Which tokens attend to which, and in how many heads.
package struct AttentionShape: Sendable {
  package var heads: Int
  package var headWidth: Int
  /// The rows of the queries of each sequence, and those of its keys and values.
  package var queries: [Range<Int>]
  package var keys: [Range<Int>]
  /// Where each sequence's scores begin: `[heads][queries][keys]`.
  let offsets: [Int]

  package init(heads: Int, headWidth: Int, queries: [Range<Int>], keys: [Range<Int>]) {
    precondition(queries.count == keys.count)
    self.heads = heads
    self.headWidth = headWidth
    self.queries = queries
    self.keys = keys
    var offsets = [0]
    for (query, key) in zip(queries, keys) {
      offsets.append(offsets.last! + heads * query.count * key.count)
    }
    self.offsets = offsets
  }

  /// The scores of all sequences.
  package var scoreCount: Int { offsets.last! }

  var pieces: Int { queries.count * heads }

  /// One head of one sequence.
  func piece(_ index: Int) -> AttentionPiece {
    let (sequence, head) = index.quotientAndRemainder(dividingBy: heads)
    let (query, key) = (queries[sequence], keys[sequence])
    return AttentionPiece(
      queries: query, keys: key, column: head * headWidth,
      offset: offsets[sequence] + head * query.count * key.count)
  }
}

/// One head of one sequence.
struct AttentionPiece {
  let queries: Range<Int>
  let keys: Range<Int>
  /// The head's first feature.
  let column: Int
  /// Of its scores among all.
  let offset: Int

  var count: Int { queries.count * keys.count }
}

/// What attention gives.
package struct AttentionResult {
  /// `[queries, heads · head width]`.
  package let context: Node
  /// scale · q · kᵀ of all sequences, `[1, scores]`; nil unless asked for.
  package let scores: Node?
  /// Their softmax, before anything is dropped; nil unless asked for.
  package let probabilities: Node?
}

/// What of attention can be read out beside the context.
package enum AttentionReading: Sendable { case none, scores, probabilities }

extension Tape {
  /// context = dropout(softmax(q · kᵀ / √width)) · v, head by head (Vaswani et al., 2017, equation 1).
  package func attention(
    _ q: Node, _ k: Node, _ v: Node, _ shape: AttentionShape, probability: Float = 0,
    reading: AttentionReading = .none
  ) throws -> AttentionResult {
    let work = AttentionWork(
      shape: shape, q: q.value, k: k.value, v: v.value,
      p: try matrix(rows: 1, columns: shape.scoreCount),
      dropout: probability > 0 ? Dropout(probability: probability, key: nextKey()) : nil,
      blas: blas)
    let context = try matrix(rows: q.rows, columns: q.columns)
    let scores = reading == .scores ? try matrix(rows: 1, columns: shape.scoreCount) : nil
    try forEach(shape.pieces) {
      try work.forward(shape.piece($0), context: context, scores: scores)
    }
    let isRecorded = records([q, k, v])
    func node(_ matrix: Matrix) -> Node {
      Node(matrix, isRecorded ? GradientSlot(rows: matrix.rows, columns: matrix.columns) : nil)
    }
    let result = AttentionResult(
      context: node(context), scores: scores.map(node),
      probabilities: reading == .probabilities ? node(work.p) : nil)
    if isRecorded { remember(work, from: (q.slot, k.slot, v.slot), to: result.slots) }
    return result
  }

  private func remember(
    _ work: AttentionWork, from inputs: (q: GradientSlot?, k: GradientSlot?, v: GradientSlot?),
    to outputs: (context: GradientSlot?, scores: GradientSlot?, probabilities: GradientSlot?)
  ) {
    remember { [self] in
      var gradients = AttentionGradients(
        context: outputs.context?.take(), scores: outputs.scores?.take(),
        probabilities: outputs.probabilities?.take())
      guard gradients.areThere else { return }
      gradients.q = try inputs.q?.target(self)
      gradients.k = try inputs.k?.target(self)
      // Scores and probabilities do not depend on the values, whose gradient would not be written.
      if gradients.context != nil { gradients.v = try inputs.v?.target(self) }
      let all = gradients
      try forEach(work.shape.pieces) { try work.backward(work.shape.piece($0), all) }
    }
  }
}

extension AttentionResult {
  fileprivate var slots:
    (context: GradientSlot?, scores: GradientSlot?, probabilities: GradientSlot?)
  {
    (context.slot, scores?.slot, probabilities?.slot)
  }
}
