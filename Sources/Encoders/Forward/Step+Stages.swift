import Kernels

/// Memory for the stages of a head, for the panels of a step.
struct StageScratch {
  /// Between which the stages go to and fro.
  let first: Activations
  let second: Activations
  let quantized: UnsafeMutableRawBufferPointer
  let linear: LinearScratch
}

extension Step {
  /// Runs stages one after the other on activations that begin with the step's first panel.
  ///
  /// - Returns: what the last one gives; `x` where there is none.
  func run(
    _ stages: [HeadStack.Stage], on x: Activations, _ scratch: StageScratch
  ) -> Activations {
    var x = x
    var (target, other) = (scratch.first, scratch.second)
    for stage in stages {
      let input = self.input(
        x, features: stage.linear.columns, for: [stage.linear], buffer: scratch.quantized)
      apply(stage.linear, to: input, into: target, scratch.linear)
      meet()
      stage.activation?.apply(
        target, features: rows(stage.linear.rows), panels: 0..<panels.count)
      meet()
      stage.norm?.run(target, panels: columns)
      meet()
      (x, target, other) = (target, other, target)
    }
    return x
  }

  /// Writes the columns of the step's panels to rows of a result, of which that of the batch's first token comes first.
  func copyRows(of x: Activations, features: Int, into result: UnsafeMutablePointer<Float>) {
    let width = Activations.panelWidth
    for panel in columns {
      let source = x.panel(panel)
      let first = result + (panels.lowerBound + panel) * width * features
      for lane in 0..<min(width, tokens - panel * width) {
        let row = first + lane * features
        for feature in 0..<features { row[feature] = source[feature * width + lane] }
      }
    }
  }
}
