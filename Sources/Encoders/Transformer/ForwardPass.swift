import Kernels
import Tensors

/// One batch on its way through an transformer. Every member of a team runs it, each on its part.
struct ForwardPass: @unchecked Sendable {
  let transformer: Transformer
  let batch: Batch
  let workspace: Workspace
  /// Where results go: a row for each token that is read, in the order of the batch.
  let result: UnsafeMutablePointer<Float>

  /// Whether the last layer goes on with one token of each sequence alone.
  var selectsOne: Bool { transformer.readsOneToken }

  /// The tokens that the last layer goes on with.
  var readTokens: Int { selectsOne ? batch.ranges.count : batch.tokens }

  func run(_ member: Team.Member) {
    embed(member)
    keepHiddenStates(0, member)
    for (index, layer) in transformer.run.enumerated() {
      let isLast = index == transformer.run.count - 1
      run(layer, selecting: isLast && selectsOne, member)
      keepHiddenStates(index + 1, member)
    }
    member.meet()
    read(member)
  }

  // MARK: Embeddings

  /// The sum of words, positions and types, normalized; projected where widths differ.
  private func embed(_ member: Team.Member) {
    let embeddings = transformer.embeddings
    let target = embeddings.projection == nil ? workspace.hidden : workspace.embedded
    clearLastPanel(of: target, features: embeddings.width, member)
    for step in Step.all(of: batch.tokens, for: member) {
      let scratch = workspace.linear(step)
      step.look(up: batch.ids, in: embeddings.words, into: target, adding: false, scratch)
      step.look(up: batch.positions, in: embeddings.positions, into: target, adding: true, scratch)
      if let types = embeddings.types {
        step.look(up: batch.types, in: types, into: target, adding: true, scratch)
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
}
