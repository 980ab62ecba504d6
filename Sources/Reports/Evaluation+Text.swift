import Tasks
import Tensors

extension Evaluation {
  /// The report as a person likes to read it.
  ///
  /// - Parameter showsNotes: whether what the user should know is listed at the end.
  public func text(showsNotes: Bool = true) -> String {
    var lines = [headline, ""] + metricTable.lines() + [""] + measureTable.lines()
    if let comparison { lines += [""] + comparison.lines(metric) }
    if showsNotes { lines += noteLines }
    return lines.joined(separator: "\n")
  }

  private var headline: String {
    let count = task.examples.count
    return "\(printable(model)) on \(printable(task.path)), \(grouped(count)) "
      + (count == 1 ? "example" : "examples")
  }

  private var metricTable: Table {
    var table = Table(("metric", .left), ("value", .right), ("95 % interval", .left))
    for (metric, score) in scores {
      let interval =
        "\(fixed(score.interval.lowerBound, 4)) to \(fixed(score.interval.upperBound, 4))"
      table.add(
        metric.rawValue + (metric == self.metric && scores.count > 1 ? " *" : ""),
        fixed(score.value, 4), interval)
    }
    return table
  }

  private var measureTable: Table {
    var table = Table(("measured", .left), ("value", .right), ("how", .left))
    let threads = options.threads == 1 ? "1 thread" : "\(options.threads) threads"
    table.add(
      "throughput", "\(rate(throughput)) sentences/s",
      "batches of \(options.batchSize), \(threads), \(compute.rawValue)")
    if let latency {
      let how =
        latency.sentences == 1 ? "one sentence" : "\(latency.sentences) sentences, one at a time"
      table.add("latency, median", "\(fixed(latency.p50Milliseconds, 2)) ms", how)
      table.add("latency, 95 %", "\(fixed(latency.p95Milliseconds, 2)) ms", "")
    }
    table.add(
      "work", "\(operationText(operationsPerSequence)) a sentence",
      "\(fixed(tokensPerSequence, 1)) tokens on average")
    table.add("weights", byteText(byteCount), "on disk")
    return table
  }

  private var noteLines: [String] {
    var notes = notes
    if truncated > 0 {
      let what = truncated == 1 ? "1 text was" : "\(grouped(truncated)) texts were"
      notes.insert("\(what) cut to \(tokenLimit) tokens", at: 0)
    }
    return notes.isEmpty ? [] : [""] + notes.map { "  note: \($0)" }
  }
}

extension Comparison {
  fileprivate func lines(_ metric: Metric) -> [String] {
    var table = Table(("against", .left), (printable(path), .left))
    table.add(metric.rawValue, fixed(value, 4))
    if let agreement { table.add("agreement", fixed(agreement, 4)) }
    if let klDivergence { table.add("KL divergence", significant(klDivergence)) }
    if let meanError { table.add("mean score error", significant(meanError)) }
    if let greatestError { table.add("greatest score error", significant(greatestError)) }
    if let embeddingCosine { table.add("embedding cosine", fixed(embeddingCosine, 6)) }
    return table.lines()
  }
}

/// A number of things a second, in three digits or more.
func rate(_ value: Double) -> String {
  value >= 100 ? grouped(Int(value.rounded())) : fixed(value, 1)
}

/// Floating-point operations as people say them: `0.54 GFLOP`.
func operationText(_ count: Int) -> String {
  let value = Double(count)
  if value >= 1e11 { return "\(fixed(value / 1e12, 2)) TFLOP" }
  return value >= 1e8 ? "\(fixed(value / 1e9, 2)) GFLOP" : "\(fixed(value / 1e6, 2)) MFLOP"
}
