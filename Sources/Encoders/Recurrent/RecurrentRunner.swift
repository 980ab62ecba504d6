import Kernels
import Tensors

/// Runs batches through a student.
final class RecurrentRunner: NetworkRunner {
  private let network: RecurrentNetwork
  private let team: Team
  private var workspace: RecurrentWorkspace?

  init(_ network: RecurrentNetwork, _ team: Team) {
    self.network = network
    self.team = team
  }

  func run(_ sequences: [TokenSequence]) throws -> [EncoderOutput] {
    // A group is best as full as can be, but no thread should be without one.
    let fair = (2 * sequences.count + team.count - 1) / team.count
    let batch = RecurrentBatch(
      sequences, groupSize: max(1, min(RecurrentWeights.stepWidth, fair)))
    let read = network.readsTokens ? batch.tokens : batch.ranges.count
    let plan = network.plan(tokens: batch.tokens, read: read, members: team.count)
    if workspace.map({ !$0.plan.holds(plan) }) ?? true { workspace = try RecurrentWorkspace(plan) }
    let width = network.width
    let result = UnsafeMutablePointer<Float>.allocate(capacity: max(1, read * width))
    defer { result.deallocate() }
    let pass = RecurrentPass(
      network: network, batch: batch, read: read, workspace: workspace!, result: result)
    try team.run { pass.run($0) }
    let rows = UnsafeBufferPointer(start: result, count: read * width)
    return batch.ranges.enumerated().map { index, range in
      network.output(rows, network.readsTokens ? range : index..<(index + 1))
    }
  }
}

extension RecurrentNetwork {
  fileprivate func plan(tokens: Int, read: Int, members: Int) -> RecurrentPlan {
    let linears = directions.map(\.input) + stages.map(\.linear)
    let inner = linears.map(\.weights.innerWidth).max() ?? 0
    let usesIntegers = linears.contains { $0.weights.usesIntegers }
    let recurrent = directions[0].recurrent
    return RecurrentPlan(
      tokens: tokens, read: read, members: members, embedding: architecture.embedding,
      hidden: architecture.hidden, inputCount: recurrent.inputCount,
      stateCount: recurrent.stateCount, stage: stages.map(\.linear.rows).max() ?? 0,
      inner: max(inner, words.rank),
      quantized: usesIntegers ? max(inner, linears.map(\.columns).max() ?? 0) : 0)
  }

  /// What one sequence gives, of the rows of its tokens or its own.
  fileprivate func output(
    _ values: UnsafeBufferPointer<Float>, _ rows: Range<Int>
  ) -> EncoderOutput {
    let mine = UnsafeBufferPointer(
      rebasing: values[(rows.lowerBound * width)..<(rows.upperBound * width)])
    if let pooling {
      return EncoderOutput(rows: 1, columns: columns, values: pooling.pooled(mine, width: width))
    }
    var output = Array(mine)
    if case .sentence(let pooling) = reading, pooling.normalizes { output.normalize() }
    return EncoderOutput(rows: rows.count, columns: width, values: output)
  }
}
