import Kernels
import Tensors

extension ForwardPass {
  /// One transformer layer, from `hidden` to `hidden`; or, selecting, to `selected`: then queries and
  /// all that follows are computed for the one token of each sequence that is read.
  func run(_ layer: Layer, selecting: Bool, _ member: Team.Member) {
    project(layer, selecting: selecting, member)
    member.meet()
    attend(layer, selecting: selecting, member)
    member.meet()
    let stream = selecting ? workspace.selected : workspace.hidden
    for step in Step.all(of: selecting ? batch.ranges.count : batch.tokens, for: member) {
      let x = stream.dropping(panels: step.panels.lowerBound)
      finishAttention(layer, x, step)
      feedForward(layer, x, step)
    }
  }

  /// Queries, keys and values.
  private func project(_ layer: Layer, selecting: Bool, _ member: Team.Member) {
    let together = selecting ? [layer.key, layer.value] : [layer.query, layer.key, layer.value]
    let targets =
      selecting
      ? [workspace.keys, workspace.values] : [workspace.query, workspace.keys, workspace.values]
    for step in Step.all(of: batch.tokens, for: member) {
      let x = workspace.hidden.dropping(panels: step.panels.lowerBound)
      project(x, together, into: targets, step)
    }
    guard selecting else { return }
    member.meet()
    select(member)
    member.meet()
    for step in Step.all(of: batch.ranges.count, for: member) {
      let x = workspace.selected.dropping(panels: step.panels.lowerBound)
      project(x, [layer.query], into: [workspace.query], step)
    }
  }

  private func project(
    _ x: Activations, _ linears: [Linear], into targets: [Activations], _ step: Step
  ) {
    let input = step.input(
      x, features: workspace.plan.widths.hidden, for: linears, buffer: workspace.quantized(step))
    for (linear, target) in zip(linears, targets) {
      step.apply(
        linear, to: input, into: target.dropping(panels: step.panels.lowerBound),
        workspace.linear(step))
      if linear.weights.innerWidth > 0 { step.meet() }
    }
  }

  /// Copies the token of each sequence that is read into panels of their own.
  private func select(_ member: Team.Member) {
    let width = Activations.panelWidth
    let features = workspace.plan.widths.hidden
    for panel in member.share(of: Activations.panels(tokens: batch.ranges.count)) {
      let target = workspace.selected.panel(panel)
      target.update(repeating: 0, count: features * width)
      for (lane, token) in batch.readTokens.dropFirst(panel * width).prefix(width).enumerated() {
        let source = workspace.hidden.panel(token / width) + token % width
        for feature in 0..<features { target[feature * width + lane] = source[feature * width] }
      }
    }
  }

  /// Each head of each sequence on its own.
  private func attend(_ layer: Layer, selecting: Bool, _ member: Team.Member) {
    let scale = 1 / Float(layer.headWidth).squareRoot()
    let items = batch.ranges.count * layer.heads
    for item in stride(from: member.index, to: items, by: member.count) {
      let (index, head) = (item / layer.heads, item % layer.heads)
      let range = batch.ranges[index]
      let first = head * layer.headWidth
      Attention.run(
        queries: workspace.query.dropping(features: first),
        queryTokens: selecting ? index..<(index + 1) : range,
        keys: workspace.keys.dropping(features: first),
        values: workspace.values.dropping(features: first), keyTokens: range,
        headWidth: layer.headWidth, scale: scale,
        context: workspace.context.dropping(features: first),
        scratch: workspace.attention(member))
    }
  }

  /// x = norm(x + output(context)).
  private func finishAttention(_ layer: Layer, _ x: Activations, _ step: Step) {
    let branch = workspace.branch.dropping(panels: step.panels.lowerBound)
    let input = step.input(
      workspace.context.dropping(panels: step.panels.lowerBound), features: layer.attentionWidth,
      for: [layer.attentionOutput], buffer: workspace.quantized(step))
    step.apply(layer.attentionOutput, to: input, into: branch, workspace.linear(step))
    step.meet()
    layer.attentionNorm.run(x, adding: branch, panels: step.columns)
    step.meet()
  }

  /// x = norm(x + output(activation(intermediate(x)))).
  private func feedForward(_ layer: Layer, _ x: Activations, _ step: Step) {
    let inner = workspace.intermediate(step)
    let first = step.input(
      x, features: workspace.plan.widths.hidden, for: [layer.intermediate],
      buffer: workspace.quantized(step))
    step.apply(layer.intermediate, to: first, into: inner, workspace.linear(step))
    step.meet()
    transformer.settings.activation.apply(
      inner, features: step.rows(layer.intermediate.rows), panels: 0..<step.panels.count)
    step.meet()
    let branch = workspace.branch.dropping(panels: step.panels.lowerBound)
    let second = step.input(
      inner, features: layer.intermediate.rows, for: [layer.output],
      buffer: workspace.quantized(step))
    step.apply(layer.output, to: second, into: branch, workspace.linear(step))
    step.meet()
    layer.outputNorm.run(x, adding: branch, panels: step.columns)
    step.meet()
  }
}
