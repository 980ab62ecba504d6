import Kernels

extension Step {
  /// Writes the rows of a table for the tokens of a batch that are in this member's columns of the step, or adds them to what is
  /// there.
  ///
  /// - Parameters:
  ///   - ids: of all tokens of the batch.
  ///   - x: the activations of all of the batch.
  func look(
    up ids: [Int32], in table: EmbeddingTable, into x: Activations, adding: Bool,
    _ scratch: LinearScratch
  ) {
    let batchTokens = self.batchTokens
    ids.withUnsafeBufferPointer { ids in
      let mine = UnsafeBufferPointer(rebasing: ids[batchTokens])
      switch table {
      case .rows(let rows):
        rows.gather(ids: mine, into: x, firstToken: batchTokens.lowerBound, adding: adding)
        meet()
      case .factorized(let rows, let right, _):
        let first = batchTokens.lowerBound - panels.lowerBound * Activations.panelWidth
        rows.gather(ids: mine, into: scratch.inner, firstToken: first, adding: false)
        meet()
        multiply(
          right, by: scratch.inner, into: x.dropping(panels: panels.lowerBound), adding: adding,
          scratch)
        meet()
      }
    }
  }

  /// The tokens of the batch in this member's columns.
  private var batchTokens: Range<Int> {
    let width = Activations.panelWidth
    let end = panels.lowerBound * width + tokens
    let first = (panels.lowerBound + columns.lowerBound) * width
    let last = (panels.lowerBound + columns.upperBound) * width
    return min(first, end)..<min(last, end)
  }
}
