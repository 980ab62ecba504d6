import Tensors

/// How often each class stands in some targets.
package struct ClassDistribution: Sendable, Equatable {
  package let names: [String]
  /// By class.
  package let counts: [Int]

  /// Nil for targets that are no classes.
  package init?(of targets: Targets, names: [String]) {
    var counts = [Int](repeating: 0, count: names.count)
    switch targets {
    case .classes(let classes), .tokens(let classes):
      for number in classes where counts.indices.contains(Int(number)) { counts[Int(number)] += 1 }
    case .none, .scores, .spans: return nil
    }
    self.names = names
    self.counts = counts
  }

  /// Fails where there is one class only, so that nothing but that can be learned.
  package func check(_ path: String) throws {
    let used = counts.indices.filter { counts[$0] > 0 }
    guard used.count == 1 else { return }
    throw Failure(
      TrainingDataReason.oneClass(names[used[0]], count: counts[used[0]]), at: Place(file: path))
  }
}
