import Tensors

/// What a training went through, as its metrics tell: the loss of its steps, and how good the model was in between.
///
/// Steps never go back. What was undefined, as a loss that is no number, is nil. A report draws it as curves and has a row for it.
public struct RunHistory: Sendable, Equatable {
  /// Which training of several it is.
  public var title: String
  public var points: [Point]
  public var evaluations: [Evaluation]
  /// What evaluations measure.
  public var metric: String?
  public var epochs: Int
  public var seconds: Double

  public init(
    _ title: String, points: [Point] = [], evaluations: [Evaluation] = [], metric: String? = nil,
    epochs: Int = 0, seconds: Double = 0
  ) {
    self.title = title
    self.points = points
    self.evaluations = evaluations
    self.metric = metric
    self.epochs = epochs
    self.seconds = seconds
  }

  /// What was noted after a step of the optimizer.
  public struct Point: Sendable, Equatable {
    /// How many steps were made.
    public var step: Int
    public var loss: Double?
    public var rate: Double?
    public var examplesPerSecond: Double?

    public init(
      step: Int, loss: Double? = nil, rate: Double? = nil, examplesPerSecond: Double? = nil
    ) {
      self.step = step
      self.loss = loss
      self.rate = rate
      self.examplesPerSecond = examplesPerSecond
    }
  }

  /// The model held against examples that it does not learn from.
  public struct Evaluation: Sendable, Equatable {
    public var step: Int
    public var value: Double?
    /// Whether none before was as good.
    public var isBest: Bool

    public init(step: Int, value: Double?, isBest: Bool) {
      self.step = step
      self.value = value
      self.isBest = isBest
    }
  }
}

extension RunHistory {
  /// How many steps were made.
  var steps: Int { max(points.last?.step ?? 0, evaluations.last?.step ?? 0) }

  /// The evaluation whose parameters were kept: the last that none before was as good as.
  var kept: (step: Int, value: Double)? {
    evaluations.lazy.filter(\.isBest).compactMap { evaluation in
      defined(evaluation.value).map { (evaluation.step, $0) }
    }.last
  }

  /// Over all that the program did from its start to the last step, evaluations among it.
  var examplesPerSecond: Double? { points.last { $0.examplesPerSecond != nil }?.examplesPerSecond }

  /// The means over the first and the last twentieth of the losses.
  var losses: (first: Double, last: Double)? {
    let values = points.compactMap { defined($0.loss) }
    guard !values.isEmpty else { return nil }
    let count = (values.count + 19) / 20
    return (mean(values.prefix(count)), mean(values.suffix(count)))
  }

  /// What evaluations measure, fit to be shown.
  var metricName: String { abbreviated(printable(metric ?? "evaluation"), to: 30) }
}

/// Nil of what is no number, infinite, or so great that no axis has round numbers for it.
func defined(_ value: Double?) -> Double? {
  value.flatMap { $0.magnitude <= 1e300 ? $0 : nil }
}

/// The mean of at least one number; numbers of any size have one.
func mean(_ values: some Collection<Double>) -> Double {
  values.reduce(0) { $0 + $1 / Double(values.count) }
}
