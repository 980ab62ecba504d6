import Kernels
import Tensors

/// Runs batches through a transformer.
final class TransformerRunner: NetworkRunner {
  private let transformer: Transformer
  private let team: Team
  private var workspace: Workspace?

  init(_ transformer: Transformer, _ team: Team) {
    self.transformer = transformer
    self.team = team
  }

  func run(_ sequences: [TokenSequence]) throws -> [EncoderOutput] {
    let batch = Batch(sequences, transformer.settings)
    let plan = transformer.plan(for: batch, members: team.count)
    if workspace.map({ !$0.plan.holds(plan) }) ?? true { workspace = try Workspace(plan) }
    let (rows, columns) = (transformer.rows(of: batch), transformer.columns)
    let result = UnsafeMutablePointer<Float>.allocate(capacity: max(1, rows * columns))
    defer { result.deallocate() }
    let pass = ForwardPass(
      transformer: transformer, batch: batch, workspace: workspace!, result: result)
    try team.run { pass.run($0) }
    return transformer.outputs(
      of: batch, UnsafeBufferPointer(start: result, count: rows * columns))
  }
}

extension WorkspacePlan {
  /// Whether memory that was planned for this serves another batch too.
  func holds(_ other: WorkspacePlan) -> Bool {
    panels >= other.panels && selectedPanels >= other.selectedPanels && longest >= other.longest
      && members == other.members && widths == other.widths
  }
}

extension Transformer {
  func plan(for batch: Batch, members: Int) -> WorkspacePlan {
    WorkspacePlan(
      panels: batch.panels,
      selectedPanels: readsOneToken ? Activations.panels(tokens: batch.ranges.count) : 0,
      longest: batch.longest, members: members, widths: widths)
  }

  private var widths: WorkspacePlan.Widths {
    var widths = WorkspacePlan.Widths()
    widths.hidden = architecture.hidden
    widths.embedding = embeddings.projection == nil ? 0 : embeddings.width
    let linears = run.flatMap(\.linears) + [embeddings.projection].compactMap { $0 }
    let stages = head?.stages ?? []
    let all = linears + stages.map(\.linear)
    widths.attention = run.map(\.attentionWidth).max() ?? 0
    widths.intermediate = run.map(\.intermediate.rows).max() ?? 0
    widths.headWidth = run.map(\.headWidth).max() ?? 0
    widths.inner = all.map(\.weights.innerWidth).max() ?? 0
    for table in embeddings.tables where table.rank > 0 {
      widths.inner = max(widths.inner, table.rank)
    }
    widths.head = stages.map(\.linear.rows).max() ?? 0
    if all.contains(where: \.weights.usesIntegers) {
      widths.quantized = all.map(\.columns).max() ?? 0
      widths.quantizedInner = widths.inner
    }
    return widths
  }

  func rows(of batch: Batch) -> Int {
    if reading == .hiddenStates { return (run.count + 1) * batch.tokens }
    return givesTokens ? batch.tokens : batch.ranges.count
  }

  /// The rows of each sequence.
  func outputs(of batch: Batch, _ result: UnsafeBufferPointer<Float>) -> [EncoderOutput] {
    func values(_ rows: Range<Int>) -> UnsafeBufferPointer<Float>.SubSequence {
      result[(rows.lowerBound * columns)..<(rows.upperBound * columns)]
    }
    return batch.ranges.enumerated().map { index, range in
      if reading == .hiddenStates {
        let states = (0...run.count).flatMap { state in
          values(
            (state * batch.tokens + range.lowerBound)..<(state * batch.tokens + range.upperBound))
        }
        return EncoderOutput(rows: (run.count + 1) * range.count, columns: columns, values: states)
      }
      let rows = givesTokens ? range : index..<(index + 1)
      return EncoderOutput(rows: rows.count, columns: columns, values: Array(values(rows)))
    }
  }
}
