import Tensors

/// How a model is trained.
package struct TrainingSettings: Sendable, Equatable {
  package var epochs = 3
  /// Examples to a batch.
  package var batchSize = 32
  /// Batches whose gradients are added up for one step.
  package var accumulation = 1
  /// The peak of the learning rate.
  package var rate = 5e-5
  package var schedule = RateSchedule(.linear(end: 0))
  package var weightDecay = 0.01
  package var clipping = Clipping.global(1)
  /// The share of a label that is spread over all classes.
  package var labelSmoothing = 0.0
  package var seed: UInt64 = 42
  /// How often an epoch's parameters are held against examples that they are not trained on.
  package var evaluationsPerEpoch = 1
  /// Whether the parameters that the run begins with may be the best.
  package var countsBeginning = false
  /// After how many evaluations without a better one the run ends; nil for never.
  package var patience: Int?
  /// How often the run's state is kept, in seconds.
  package var secondsBetweenStates = 600.0
  package var threads = 1

  package init() {}
}
