import Encoders
import Tasks
import Tensors
import Training

/// What is learned from, before a tokenizer has cut it: a task's examples, and transfer text.
struct TrainingMaterial {
  let task: Task
  let labels: LabelMap
  let distillation: DistillationRequest?
  let seed: UInt64
  let threads: Int
  /// Of all sequences, chosen at random, those of transfer text among them.
  var share = 1.0

  /// The same examples in the same order, whatever the tokenizer.
  ///
  /// - Throws: ``Failure`` if a label is unknown, or the transfer file is empty.
  func examples(_ tokenizer: Tokenizer, limit: Int) throws -> TrainingExamples {
    var examples = try TrainingExamples(
      task, tokenizer, labels: labels, limit: limit, threads: threads)
    guard let path = distillation?.transfer else { return examples.subset(share, seed: seed) }
    guard task.kind != .qa else { throw Failure(DistillationReason.noTransfer) }
    var transfer =
      task.kind == .tags
      ? try TrainingExamples(transferWords: path, tokenizer, limit: limit, threads: threads)
      : try TrainingExamples(transferText: path, tokenizer, limit: limit, threads: threads)
    if let count = distillation?.transferLimit {
      transfer = transfer.subset(count, seed: seed)
    }
    examples.append(transfer: transfer)
    return examples.subset(share, seed: seed)
  }
}

extension TrainingExamples {
  /// A share of the examples, at least one.
  func subset(_ share: Double, seed: UInt64) -> TrainingExamples {
    share < 1 ? subset(max(1, Int((share * Double(count)).rounded())), seed: seed) : self
  }
}
