import Tensors

extension TrainingExamples {
  /// Takes examples away for validation.
  ///
  /// - Parameter share: of all examples; at least one is taken, and one is left.
  /// - Returns: both parts, each in its order.
  /// - Throws: ``Failure`` naming the file, if there are fewer than two.
  package func divided(
    validation share: Double, seed: UInt64, path: String
  ) throws -> (training: TrainingExamples, validation: TrainingExamples) {
    guard count >= 2 else {
      throw Failure(TrainingDataReason.tooFew(count, needed: 2), at: Place(file: path))
    }
    let wanted = Int((Double(count) * min(1, max(0, share))).rounded())
    var generator = KeyedGenerator(seed, 3)
    let taken = generator.choose(min(max(1, wanted), count - 1), of: count)
    let others = Set(taken)
    return (taking((0..<count).filter { !others.contains($0) }), taking(taken))
  }
}
