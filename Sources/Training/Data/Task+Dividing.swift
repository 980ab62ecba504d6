import Tasks
import Tensors

extension Task {
  /// Takes examples away for validation, where a task has no split for that.
  ///
  /// - Parameter share: of all examples; at least one is taken, and one is left.
  /// - Returns: both parts, each in the order of the file.
  package func divided(validation share: Double, seed: UInt64) throws -> (
    training: Task, validation: Task
  ) {
    guard examples.count >= 2 else {
      throw Failure(
        TrainingDataReason.tooFew(examples.count, needed: 2), at: Place(file: path))
    }
    let wanted = Int((Double(examples.count) * min(1, max(0, share))).rounded())
    let taken = Set(chosen(min(max(1, wanted), examples.count - 1), seed: seed))
    var (training, validation) = (self, self)
    training.examples = examples.indices.filter { !taken.contains($0) }.map { examples[$0] }
    validation.examples = examples.indices.filter(taken.contains).map { examples[$0] }
    return (training, validation)
  }

  /// So many of the examples, chosen at random, in the order of the file.
  package func subset(_ count: Int, seed: UInt64) -> Task {
    guard count < examples.count else { return self }
    var task = self
    task.examples = chosen(count, seed: seed).sorted().map { examples[$0] }
    return task
  }

  private func chosen(_ count: Int, seed: UInt64) -> ArraySlice<Int> {
    var generator = KeyedGenerator(seed, 3)
    var order = Array(examples.indices)
    generator.shuffle(&order)
    return order.prefix(count)
  }

  /// The names of the classes that a fresh head needs: those that the task declares, or else those that its examples have, numbers by
  /// their value and names in their order; tags begin with `O`, and each type has its `B-` and its `I-`.
  package func classNames() -> [String] {
    if let labels { return labels }
    var names: Set<String> = []
    for example in examples {
      switch example.gold {
      case .label(let label): names.insert(label)
      case .tags(let tags): names.formUnion(tags)
      case .score, .answers: break
      }
    }
    guard kind == .tags else {
      let numbers = names.compactMap(Int.init)
      return numbers.count == names.count
        ? names.sorted { (Int($0)!, $0) < (Int($1)!, $1) }
        : names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
    let types = Set(
      names.filter { $0.hasPrefix("B-") || $0.hasPrefix("I-") }.map { String($0.dropFirst(2)) })
    let plain = names.filter { !$0.hasPrefix("B-") && !$0.hasPrefix("I-") && $0 != "O" }
    let byBytes = { (left: String, right: String) in
      left.utf8.lexicographicallyPrecedes(right.utf8)
    }
    return (types.isEmpty ? names.contains("O") ? ["O"] : [] : ["O"]) + plain.sorted(by: byBytes)
      + types.sorted(by: byBytes).flatMap { ["B-\($0)", "I-\($0)"] }
  }
}
