import Checkpoints
import Kernels
import Tensors

/// One batch on its way through a student. Every member of a team runs it, each on its part.
struct RecurrentPass: @unchecked Sendable {
  let network: RecurrentNetwork
  let batch: RecurrentBatch
  /// Tokens, or sequences, whose states are gone on with.
  let read: Int
  let workspace: RecurrentWorkspace
  /// Where results go: a row for each token, or sequence, that is read, in the order of the batch.
  let result: UnsafeMutablePointer<Float>

  func run(_ member: Team.Member) {
    feed(member)
    member.meet()
    // Each direction of each group is gone through by one member.
    let items = batch.groups.count * network.directions.count
    for item in stride(from: member.index, to: items, by: member.count) {
      let count = network.directions.count
      go(through: batch.groups[item / count], item % count, member)
    }
    member.meet()
    for step in Step.all(of: read, for: member) {
      let x = step.run(
        network.stages, on: workspace.read.dropping(panels: step.panels.lowerBound),
        workspace.stages(step))
      step.copyRows(of: x, features: network.width, into: result)
      step.meet()
    }
  }

  /// What all tokens' embeddings give the gates of both directions.
  private func feed(_ member: Team.Member) {
    let (embedded, gates) = (workspace.embedded, workspace.gates)
    let linears = network.directions.map(\.input)
    clearLastPanel(of: embedded, tokens: batch.tokens, workspace.plan.embedding, member)
    clearLastPanel(of: workspace.read, tokens: read, 2 * workspace.plan.hidden, member)
    member.meet()
    for step in Step.all(of: batch.tokens, for: member) {
      let first = step.panels.lowerBound
      step.look(
        up: batch.ids, in: network.words, into: embedded, adding: false, workspace.linear(step))
      let input = step.input(
        embedded.dropping(panels: first), features: workspace.plan.embedding, for: linears,
        buffer: workspace.quantized(step))
      for (index, linear) in linears.enumerated() {
        let target = gates.dropping(features: index * linear.rows).dropping(panels: first)
        step.apply(linear, to: input, into: target, workspace.linear(step))
        if linear.weights.innerWidth > 0 { step.meet() }
      }
      step.meet()
    }
  }

  /// Lanes behind the last token take part in everything that is done to panels; they must not hold
  /// what slows processors down.
  private func clearLastPanel(
    of x: Activations, tokens: Int, _ features: Int, _ member: Team.Member
  ) {
    let panels = Activations.panels(tokens: tokens)
    guard member.index == 0, panels > 0 else { return }
    x.panel(panels - 1).update(repeating: 0, count: features * Activations.panelWidth)
  }
}
