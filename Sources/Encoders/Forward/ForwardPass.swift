import Kernels
import Tensors

/// One batch on its way through an encoder. Every member of a team runs it, each on its part.
struct ForwardPass: @unchecked Sendable {
  let encoder: Encoder
  let batch: Batch
  let workspace: Workspace
  /// Where results go: a row for each token that is read, in the order of the batch.
  let result: UnsafeMutablePointer<Float>

  /// Whether the last layer goes on with the first token of each sequence alone.
  var selectsFirst: Bool { encoder.readsFirstTokenOnly }

  /// The tokens that the last layer goes on with.
  var readTokens: Int { selectsFirst ? batch.ranges.count : batch.tokens }

  func run(_ member: Team.Member) {
    embed(member)
    keepHiddenStates(0, member)
    for (index, layer) in encoder.run.enumerated() {
      let isLast = index == encoder.run.count - 1
      run(layer, selecting: isLast && selectsFirst, member)
      keepHiddenStates(index + 1, member)
    }
    member.meet()
    read(member)
  }

  // MARK: Embeddings

  /// The sum of words, positions and types, normalized; projected where widths differ.
  private func embed(_ member: Team.Member) {
    let embeddings = encoder.embeddings
    let target = embeddings.projection == nil ? workspace.hidden : workspace.embedded
    clearLastPanel(of: target, features: embeddings.width, member)
    for step in Step.all(of: batch.tokens, for: member) {
      look(up: batch.ids, in: embeddings.words, into: target, adding: false, step)
      look(up: batch.positions, in: embeddings.positions, into: target, adding: true, step)
      if let types = embeddings.types {
        look(up: batch.types, in: types, into: target, adding: true, step)
      }
      let panels = target.dropping(panels: step.panels.lowerBound)
      embeddings.norm.run(panels, panels: step.columns)
      step.meet()
      if let projection = embeddings.projection {
        let input = step.input(
          panels, features: embeddings.width, for: [projection], buffer: workspace.quantized(step))
        step.apply(
          projection, to: input,
          into: workspace.hidden.dropping(panels: step.panels.lowerBound), workspace.linear(step))
        step.meet()
      }
    }
  }

  /// Lanes behind the last token take part in everything that is done to panels; they must not hold
  /// what slows processors down.
  private func clearLastPanel(of x: Activations, features: Int, _ member: Team.Member) {
    if member.index == 0, batch.panels > 0 {
      x.panel(batch.panels - 1).update(repeating: 0, count: features * Activations.panelWidth)
    }
    member.meet()
  }

  private func look(
    up ids: [Int32], in table: EmbeddingTable, into x: Activations, adding: Bool, _ step: Step
  ) {
    let tokens = self.tokens(of: step)
    ids.withUnsafeBufferPointer { ids in
      let mine = UnsafeBufferPointer(rebasing: ids[tokens])
      switch table {
      case .rows(let rows):
        rows.gather(ids: mine, into: x, firstToken: tokens.lowerBound, adding: adding)
        step.meet()
      case .factorized(let rows, let right, _):
        let scratch = workspace.linear(step)
        let first = tokens.lowerBound - step.panels.lowerBound * Activations.panelWidth
        rows.gather(ids: mine, into: scratch.inner, firstToken: first, adding: false)
        step.meet()
        step.multiply(
          right, by: scratch.inner, into: x.dropping(panels: step.panels.lowerBound),
          adding: adding, scratch)
        step.meet()
      }
    }
  }

  /// The tokens of this member's columns of a step.
  private func tokens(of step: Step) -> Range<Int> {
    let width = Activations.panelWidth
    let start = (step.panels.lowerBound + step.columns.lowerBound) * width
    let end = (step.panels.lowerBound + step.columns.upperBound) * width
    return min(start, batch.tokens)..<min(end, batch.tokens)
  }
}
