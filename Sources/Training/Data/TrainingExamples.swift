import Encoders
import Tensors

/// What a model is trained on: token sequences and what is right for them, as compact in memory as they go.
package struct TrainingExamples: Sendable {
  package internal(set) var sequences = TokenStore()
  package internal(set) var targets = Targets.none
  /// Makes targets of the tokens themselves, for masked-language modelling.
  package internal(set) var masking: TokenMasking?
  /// The word that begins at each token of a task of tags, by its index in its sentence; ``Targets/ignored`` where none does. Empty of other tasks.
  package internal(set) var wordStarts: [Int32] = []
  /// How many sequences were cut to the model's limit.
  package internal(set) var truncated = 0

  package init() {}

  package var count: Int { sequences.count }

  /// Some examples to be read together.
  ///
  /// - Parameter epoch: counted from 0; each masks other tokens.
  package func batch(_ indices: [Int], epoch: Int, seed: UInt64) -> TrainingBatch {
    var texts = indices.map { sequences[$0] }
    var targets = targets.taking(indices, of: sequences)
    if let masking {
      var classes: [Int32] = []
      for (place, index) in indices.enumerated() {
        var generator = KeyedGenerator(seed, UInt64(epoch), UInt64(index), 2)
        classes += masking.mask(&texts[place], &generator)
      }
      targets = .tokens(classes)
    }
    return TrainingBatch(examples: indices, sequences: texts, targets: targets)
  }

  /// The same of some examples only, in the order given.
  package func taking(_ indices: [Int]) -> TrainingExamples {
    var some = TrainingExamples()
    for index in indices { some.sequences.append(sequences[index]) }
    some.targets = targets.taking(indices, of: sequences)
    if !wordStarts.isEmpty {
      some.wordStarts = indices.flatMap { wordStarts[sequences.range(of: $0)] }
    }
    some.masking = masking
    return some
  }
}

extension TrainingExamples {
  /// So many of the examples, chosen at random, in their order.
  package func subset(_ count: Int, seed: UInt64) -> TrainingExamples {
    guard count < self.count else { return self }
    var generator = KeyedGenerator(seed, 4)
    var order = Array(0..<self.count)
    generator.shuffle(&order)
    return taking(order.prefix(count).sorted())
  }
}

extension TrainingExamples {
  /// Examples that are not learned from, and so many of the others, all chosen at random, each in their order.
  ///
  /// - Parameter limit: how many of the others at most; nil for all.
  package func holdingOut(
    _ count: Int, limit: Int?, seed: UInt64
  ) -> (kept: TrainingExamples, heldOut: TrainingExamples) {
    guard count > 0 else { return (limit.map { subset($0, seed: seed) } ?? self, taking([])) }
    var generator = KeyedGenerator(seed, 4)
    var order = Array(0..<self.count)
    generator.shuffle(&order)
    let heldOut = order.prefix(count).sorted()
    let kept = order.dropFirst(count).prefix(limit ?? order.count).sorted()
    return (taking(kept), taking(heldOut))
  }
}

/// Sequences that a model reads together.
package struct TrainingBatch: Sendable {
  /// Their indices among all examples.
  package var examples: [Int]
  package var sequences: [TokenSequence]
  /// In the same order.
  package var targets: Targets

  package init(examples: [Int], sequences: [TokenSequence], targets: Targets) {
    self.examples = examples
    self.sequences = sequences
    self.targets = targets
  }

  package var tokenCount: Int { sequences.reduce(0) { $0 + $1.count } }
}

/// The results of work on each of some items, in their order, done by several threads.
func concurrentMap<Item: Sendable, Result: Sendable>(
  _ items: [Item], threads: Int, _ body: @Sendable (Item) throws -> Result
) throws -> [Result] {
  let shelf = ResultShelf<Result>(count: items.count)
  try Workers.forEach(Array(items.enumerated()).map { ($0.offset, $0.element) }, threads: threads) {
    shelf.put(try body($0.1), at: $0.0)
  }
  return shelf.all
}
