import Documents
import Encoders
import Glibc
import Recipes
import Training

/// What `peers/training_step.py` does, by pare: run as a process of its own, so that its peak memory is its own.
struct TrainingStep {
  private let model: TrainableModel
  private let optimizer: Optimizer
  private let tape: Tape
  private let batches: [(sequences: [TokenSequence], labels: [Int32])]
  private let sentences: Int

  init(model path: String, tokens: String, batch: Int, threads: Int) throws {
    model = try TrainableModel(try Model.open(path).checkpoint)
    optimizer = try Optimizer(AdamW(), for: model.parameters, threads: threads)
    tape = try Tape(threads: threads, seed: 1)
    let rows = try Self.read(tokens)
    sentences = rows.count
    let order = rows.indices.sorted { (rows[$0].0.count, $0) < (rows[$1].0.count, $1) }
    batches = stride(from: 0, to: order.count, by: batch).map { start in
      let places = order[start..<min(start + batch, order.count)]
      return (places.map { rows[$0].0 }, places.map { rows[$0].1 })
    }
  }

  /// Prints what it took, as JSON: of each batch its fastest step.
  func run(repeats: Int) throws {
    var best = [Double](repeating: .infinity, count: batches.count)
    var loss: Float = 0
    for pass in 0..<repeats {
      for (index, batch) in batches.enumerated() {
        let start = now()
        loss = try step(batch.sequences, batch.labels, number: pass * batches.count + index)
        best[index] = min(best[index], now() - start)
      }
    }
    let seconds = best.reduce(0, +)
    let report = JSON.object([
      (key: "peer", value: .string("pare")), (key: "sentences", value: .integer(sentences)),
      (key: "seconds", value: .number(seconds)),
      (key: "throughput", value: .number(Double(sentences) / seconds)),
      (key: "loss", value: .number(Double(loss))),
    ])
    print(report.text())
  }

  private func step(
    _ sequences: [TokenSequence], _ labels: [Int32], number: Int
  ) throws -> Float {
    for (id, rows) in model.lookUps(of: sequences) { optimizer.settle(rows, of: id) }
    tape.begin(step: number)
    let output = try model.forward(sequences, tape)
    let loss = try tape.crossEntropy(output.logits!, labels: labels)
    try tape.backward(from: loss)
    try optimizer.step(rate: 1e-5)
    return loss.scalar
  }

  private static func read(_ path: String) throws -> [(TokenSequence, Int32)] {
    try capture(["cat", path]).output.split(separator: UInt8(ascii: "\n")).map { line in
      let row = try JSON.parse(Array(line), file: path)
      let ids = (row["ids"]?.array ?? []).compactMap { $0.integer.map { Int32($0) } }
      return (TokenSequence(ids: ids), Int32(row["label"]?.integer ?? 0))
    }
  }
}
