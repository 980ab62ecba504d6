import Tasks
import Tensors

/// One figure of a model: its name, how it is said, and how a change of it is.
struct Measure {
  var title: (ModelReport) -> String
  /// Nil where the model has no such figure, or it says nothing new.
  var value: (ModelReport) -> String?
  /// From the model before to the one after; nil where it is not worth saying.
  var change: (ModelReport, ModelReport) -> String? = { _, _ in nil }
  /// What is said of the figure alone.
  var remark: (ModelReport) -> String? = { _ in nil }
  /// Whether it says anything that the others do not, of one of these models.
  var isNew: (ModelReport) -> Bool = { _ in true }
}

extension Measure {
  static var all: [Measure] { sizes + counts + work + quality }

  private init(
    _ title: String, _ value: @escaping (ModelReport) -> String?,
    change: @escaping (ModelReport, ModelReport) -> String? = { _, _ in nil },
    remark: @escaping (ModelReport) -> String? = { _ in nil },
    isNew: @escaping (ModelReport) -> Bool = { _ in true }
  ) {
    self.init(
      title: { _ in title }, value: value, change: change, remark: remark, isNew: isNew)
  }

  private static var sizes: [Measure] {
    [
      Measure(
        "weights on disk", { byteText($0.byteCount) },
        change: { smaller($0.byteCount, $1.byteCount) }),
      Measure("bits per weight", { $0.total.bitsPerWeight.map { fixed($0, 2) } }),
      Measure(
        "Shannon bound", { $0.total.boundPerWeight.map { fixed($0, 2) } },
        change: { excess($1) }, remark: excess),
    ]
  }

  private static var counts: [Measure] {
    [
      Measure(
        "unique parameters", { grouped($0.counts.uniqueParameters) },
        change: { smaller($0.counts.uniqueParameters, $1.counts.uniqueParameters) }),
      Measure(
        "nonzero parameters", { $0.total.nonzeroCount.map(grouped) },
        change: { sparsity($1) }, remark: sparsity, isNew: { !$0.total.sparsityText.isEmpty }),
      Measure(
        "logical parameters", { grouped($0.counts.logicalParameters) },
        change: { smaller($0.counts.logicalParameters, $1.counts.logicalParameters) },
        isNew: { $0.counts.logicalParameters != $0.counts.uniqueParameters }),
      Measure(
        "elements stored", { grouped($0.counts.storedElements) },
        change: { smaller($0.counts.storedElements, $1.counts.storedElements) },
        isNew: { $0.counts.storedElements != $0.counts.uniqueParameters }),
    ]
  }

  private static var work: [Measure] {
    [
      Measure(
        title: { "work, \($0.operations?.tokens ?? 0) tokens" },
        value: { $0.operations.map { operationText($0.operations) } },
        change: { before, after in
          guard let old = before.operations, let new = after.operations else { return nil }
          return ratio(Double(old.operations), Double(new.operations), "less")
        }),
      Measure(
        "error", { $0.total.error.map { significant($0.relative) } },
        change: { _, after in
          after.total.error.map { "at most \(significant($0.maximum)) in one weight" }
        }),
    ]
  }

  private static var quality: [Measure] {
    [
      Measure(
        title: { $0.result.map { $0.metric.rawValue } ?? "" },
        value: { $0.result.map { fixed($0.score.value, 4) } },
        change: { before, after in
          guard let old = before.result, let new = after.result, old.metric == new.metric else {
            return after.result.map(interval)
          }
          let points = 100 * (new.score.value - old.score.value)
          let sign = points < 0 ? "−" : points > 0 ? "+" : "±"
          return "\(sign)\(fixed(points.magnitude, 2)) points, \(interval(new))"
        }, remark: { $0.result.map(interval) }),
      Measure(
        "latency, median", { $0.result?.latency.map { milliseconds($0.p50Milliseconds) } },
        change: { before, after in
          guard let old = before.result?.latency, let new = after.result?.latency else {
            return nil
          }
          return ratio(old.p50Milliseconds, new.p50Milliseconds, "faster")
        }),
      Measure("latency, 95 %", { $0.result?.latency.map { milliseconds($0.p95Milliseconds) } }),
      Measure("throughput", { $0.result.map { "\(rate($0.throughput)) sentences/s" } }),
    ]
  }

  static func interval(_ result: TaskResult) -> String {
    let bounds = result.score.interval
    return "95 %: \(fixed(bounds.lowerBound, 4)) to \(fixed(bounds.upperBound, 4))"
  }

  private static func milliseconds(_ value: Double) -> String { "\(fixed(value, 2)) ms" }

  /// How far the file is above what an order-0 coder could reach.
  private static func excess(_ model: ModelReport) -> String? {
    guard model.total.boundBits > 0 else { return nil }
    let share = 100 * (8 * Double(model.byteCount) / model.total.boundBits - 1)
    return "the file is \(fixed(share.magnitude, 1)) % \(share < 0 ? "below" : "above")"
  }

  private static func sparsity(_ model: ModelReport) -> String? {
    model.total.sparsity.map { "\(fixed(100 * $0, 1)) % are zero" }
  }

  static func smaller(_ before: Int, _ after: Int) -> String? {
    ratio(Double(before), Double(after), "smaller")
  }

  /// `6.39 × smaller`; nil where nothing has changed, or has grown.
  private static func ratio(_ before: Double, _ after: Double, _ word: String) -> String? {
    guard after > 0, before > after * 1.005 else { return nil }
    return "\(fixed(before / after, 2)) × \(word)"
  }
}
