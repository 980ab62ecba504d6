import Tensors

/// How a model was brought down to a size: what was chosen, and how far the estimates behind it can be trusted.
public struct BudgetReport: Sendable {
  /// A size, and how far the model is from what it was at it.
  public struct Point: Sendable, Equatable {
    public var bytes: Int
    public var loss: Double

    public init(bytes: Int, loss: Double) { (self.bytes, self.loss) = (bytes, loss) }
  }

  /// How one matrix is held, and why.
  public struct Row: Sendable {
    public var role: String
    /// The kind of thing that was done.
    public var family: String
    public var treatment: String
    public var elements: Int
    public var bytes: Int
    /// What it is thought to add to the loss.
    public var loss: Double
    /// What the next smaller way to hold it would add to the loss, for each kilobyte.
    public var price: Double

    public init(
      role: String, family: String, treatment: String, elements: Int, bytes: Int, loss: Double,
      price: Double
    ) {
      (self.role, self.family, self.treatment) = (role, family, treatment)
      (self.elements, self.bytes, self.loss, self.price) = (elements, bytes, loss, price)
    }
  }

  public var target: Int
  public var bytes: Int
  /// KL in nats on text that was held out, of the file as it was read again.
  public var divergence: Double
  public var agreement: Double?
  /// Spearman's, of the estimates and the measurements.
  public var rankCorrelation: Double?
  /// Of single candidates, the divergence that was expected and the one that was measured.
  public var checks: [(estimate: Double, measured: Double)]
  /// The least loss that is thought to be had at each size.
  public var frontier: [Point]
  /// Files that were written and measured on the way.
  public var trials: [Point]
  public var rows: [Row]

  public init(
    target: Int, bytes: Int, divergence: Double, agreement: Double?, rankCorrelation: Double?,
    checks: [(estimate: Double, measured: Double)], frontier: [Point], trials: [Point], rows: [Row]
  ) {
    (self.target, self.bytes, self.divergence) = (target, bytes, divergence)
    (self.agreement, self.rankCorrelation, self.checks) = (agreement, rankCorrelation, checks)
    (self.frontier, self.trials, self.rows) = (frontier, trials, rows)
  }
}
