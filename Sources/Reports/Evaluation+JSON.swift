import Documents
import Tasks

extension Evaluation {
  /// The report as `pare.evaluate/1`; keys are only ever added.
  public var json: JSON {
    [
      "schema": "pare.evaluate/1",
      "model": .string(model),
      "task": .string(task.path),
      "kind": .string(task.kind.rawValue),
      "metric": .string(metric.rawValue),
      "value": number(score.value),
      "interval": interval(score),
      "metrics": .object(
        scores.map { metric, score in
          (metric.rawValue, ["value": number(score.value), "interval": interval(score)])
        }),
      "examples": .integer(task.examples.count),
      "sequences": .integer(sequenceCount),
      "tokensPerSequence": number(tokensPerSequence),
      "truncated": .integer(truncated),
      "tokenLimit": .integer(tokenLimit),
      "compute": .string(compute.rawValue),
      "threads": .integer(options.threads),
      "batchSize": .integer(options.batchSize),
      "throughput": number(throughput),
      "latency": latency?.json ?? .null,
      "operationsPerSequence": .integer(operationsPerSequence),
      "bytes": .integer(byteCount),
      "agreement": comparison?.json ?? .null,
      "notes": .array(notes.map(JSON.string)),
    ]
  }

  private func interval(_ score: Estimate) -> JSON {
    [number(score.interval.lowerBound), number(score.interval.upperBound)]
  }
}

extension Latency {
  /// The latency as every command's JSON has it.
  var json: JSON {
    [
      "p50Milliseconds": number(p50Milliseconds),
      "p95Milliseconds": number(p95Milliseconds),
      "sentences": .integer(sentences),
    ]
  }
}

extension Comparison {
  fileprivate var json: JSON {
    [
      "model": .string(path),
      "value": number(value),
      "share": number(agreement),
      "klDivergence": number(klDivergence),
      "meanScoreError": number(meanError),
      "greatestScoreError": number(greatestError),
      "embeddingCosine": number(embeddingCosine),
    ]
  }
}

/// A number, or null: JSON has no NaN and no infinity.
func number(_ value: Double?) -> JSON {
  value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null
}
