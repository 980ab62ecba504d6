import Kernels
import Tensors

extension ForwardPass {
  /// Writes what is wanted of the encoder into the result.
  func read(_ member: Team.Member) {
    if let head = transformer.head {
      for step in Step.all(of: readTokens, for: member) { run(head, step) }
    } else if case .sentence(let pooling) = transformer.reading {
      for index in member.share(of: batch.ranges.count) { pool(pooling, index) }
    }
  }

  // MARK: Heads

  private func run(_ head: HeadStack, _ step: Step) {
    let stream = selectsOne ? workspace.selected : workspace.hidden
    let x = step.run(
      head.stages, on: stream.dropping(panels: step.panels.lowerBound), workspace.stages(step))
    step.copyRows(of: x, features: head.columns, into: result)
    step.meet()
  }

  // MARK: Hidden states

  /// Copies the stream of all tokens, where that is wanted: `[state][token][feature]`.
  func keepHiddenStates(_ state: Int, _ member: Team.Member) {
    guard transformer.reading == .hiddenStates else { return }
    member.meet()
    if member.index == 0 {
      let (width, features) = (Activations.panelWidth, workspace.plan.widths.hidden)
      for token in 0..<batch.tokens {
        let source = workspace.hidden.panel(token / width) + token % width
        let target = result + (state * batch.tokens + token) * features
        for feature in 0..<features { target[feature] = source[feature * width] }
      }
    }
    member.meet()
  }

  // MARK: Sentences

  private func pool(_ pooling: Pooling, _ index: Int) {
    let features = workspace.plan.widths.hidden
    let row = result + index * pooling.modes.count * features
    for (place, mode) in pooling.modes.enumerated() {
      pool(mode, index, into: row + place * features)
    }
    if pooling.normalizes {
      normalize(UnsafeMutableBufferPointer(start: row, count: pooling.modes.count * features))
    }
  }

  private func pool(_ mode: Pooling.Mode, _ index: Int, into row: UnsafeMutablePointer<Float>) {
    let features = workspace.plan.widths.hidden
    if selectsOne { return copy(workspace.selected, token: index, into: row) }
    let range = batch.ranges[index]
    switch mode {
    case .cls: copy(workspace.hidden, token: range.lowerBound, into: row)
    case .lastToken: copy(workspace.hidden, token: range.upperBound - 1, into: row)
    case .max:
      copy(workspace.hidden, token: range.lowerBound, into: row)
      for token in range.dropFirst() {
        each(token) { row[$0] = Swift.max(row[$0], $1) }
      }
    case .mean, .meanSquareRoot, .weightedMean:
      row.update(repeating: 0, count: features)
      var total: Float = 0
      for (place, token) in range.enumerated() {
        let weight: Float = mode == .weightedMean ? Float(place + 1) : 1
        total += weight
        each(token) { row[$0] += weight * $1 }
      }
      let divisor = mode == .meanSquareRoot ? total.squareRoot() : total
      for feature in 0..<features { row[feature] /= divisor }
    }
  }

  private func copy(_ x: Activations, token: Int, into row: UnsafeMutablePointer<Float>) {
    let width = Activations.panelWidth
    let source = x.panel(token / width) + token % width
    for feature in 0..<workspace.plan.widths.hidden { row[feature] = source[feature * width] }
  }

  private func each(_ token: Int, _ body: (Int, Float) -> Void) {
    let width = Activations.panelWidth
    let source = workspace.hidden.panel(token / width) + token % width
    for feature in 0..<workspace.plan.widths.hidden { body(feature, source[feature * width]) }
  }

  /// Divides a vector by its length, as PyTorch's `normalize` does: by 1e-12 at the least.
  private func normalize(_ vector: UnsafeMutableBufferPointer<Float>) {
    let length = vector.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
    let divisor = Swift.max(length, 1e-12)
    for index in vector.indices { vector[index] /= divisor }
  }
}
