/// A metric's value and how sure it is.
public struct Estimate: Sendable, Equatable {
  /// 0 where the metric is undefined, as the correlation with what is constant.
  public var value: Double
  /// The 95 % confidence interval, over the choice of the examples.
  public var interval: ClosedRange<Double>
  public var examples: Int

  public init(value: Double, interval: ClosedRange<Double>, examples: Int) {
    self.value = value
    self.interval = interval
    self.examples = examples
  }
}
