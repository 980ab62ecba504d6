import Tensors

/// How a model was brought down to a size, or made fast: what was chosen, and how far the estimates behind it can be trusted.
public struct BudgetReport: Sendable {
  /// What was asked for.
  public enum Goal: Sendable, Equatable {
    /// At most so many bytes.
    case size(target: Int)
    /// So many times as fast as the model was, at least.
    case speedup(target: Double)
  }

  /// A size in bytes, or how many times as fast, and how far the model is from what it was at it.
  public struct Point: Sendable, Equatable {
    public var amount: Double
    public var loss: Double

    public init(amount: Double, loss: Double) { (self.amount, self.loss) = (amount, loss) }
  }

  /// How one matrix is held, and why.
  public struct Row: Sendable {
    public var role: String
    /// The kind of thing that was done.
    public var family: String
    public var treatment: String
    public var elements: Int
    public var bytes: Int
    /// The share of the model's time that this saves; nil where time is not what was asked for.
    public var savedTime: Double?
    /// What it is thought to add to the loss.
    public var loss: Double
    /// What the next smaller way to hold it would add to the loss, for each kilobyte; or the next faster, for each hundredth of the model's time.
    public var price: Double

    public init(
      role: String, family: String, treatment: String, elements: Int, bytes: Int,
      savedTime: Double? = nil, loss: Double, price: Double
    ) {
      (self.role, self.family, self.treatment) = (role, family, treatment)
      (self.elements, self.bytes, self.savedTime) = (elements, bytes, savedTime)
      (self.loss, self.price) = (loss, price)
    }
  }

  public var goal: Goal
  public var bytes: Int
  /// How many times as fast as the model was it was found to be; nil where that was not asked for.
  public var speedup: Double?
  /// KL in nats on text that was held out, of the file as it was read again.
  public var divergence: Double
  public var agreement: Double?
  /// Spearman's, of the estimates and the measurements.
  public var rankCorrelation: Double?
  /// Of single candidates that estimates do not rest on, the divergence that was expected and the one that was measured.
  public var checks: [(estimate: Double, measured: Double)]
  /// The least loss that is thought to be had at each size or speed.
  public var frontier: [Point]
  /// Files that were written and measured on the way.
  public var trials: [Point]
  public var rows: [Row]
  /// How many words are left; nil for all.
  public var keptWords: Int?

  public init(
    goal: Goal, bytes: Int, speedup: Double? = nil, divergence: Double, agreement: Double?,
    rankCorrelation: Double?, checks: [(estimate: Double, measured: Double)], frontier: [Point],
    trials: [Point], rows: [Row], keptWords: Int? = nil
  ) {
    self.keptWords = keptWords
    (self.goal, self.bytes, self.speedup) = (goal, bytes, speedup)
    (self.divergence, self.agreement, self.rankCorrelation) =
      (divergence, agreement, rankCorrelation)
    (self.checks, self.frontier, self.trials, self.rows) = (checks, frontier, trials, rows)
  }
}
