import Documents
import Tasks

extension SizeReport {
  /// The report as `pare.report/1`; keys are only ever added.
  public var json: JSON {
    [
      "schema": "pare.report/1",
      "reference": reference?.json ?? .null,
      "models": .array(
        models.map { model in
          guard case .object(let members) = model.json else { return .null }
          let ratio = reference.map { Double($0.byteCount) / Double(max(1, model.byteCount)) }
          return .object(members + [("timesSmaller", number(ratio))])
        }),
      "recipe": JSON(recipe),
      "steps": .array(steps.map(\.json)),
      "trainings": .array(trainings.map(\.json)),
      "budget": budget?.json ?? .null,
      "notes": .array(notes.map(JSON.string)),
    ]
  }
}

extension StepReport {
  fileprivate var json: JSON {
    [
      "step": .string(step),
      "parameters": [.integer(parametersBefore), .integer(parametersAfter)],
      "bytes": [.integer(bytesBefore), .integer(bytesAfter)],
      "seconds": number(seconds),
    ]
  }
}

extension ModelReport {
  /// The model without its tensors, as reports and comparisons have it.
  var summary: [(key: String, value: JSON)] {
    let total = total
    return [
      ("path", .string(path)),
      ("format", .string(format)),
      ("architecture", architecture.json),
      ("bytes", .integer(byteCount)),
      (
        "counts",
        [
          "storedElements": .integer(counts.storedElements),
          "uniqueParameters": .integer(counts.uniqueParameters),
          "logicalParameters": .integer(counts.logicalParameters),
          "denseParameters": .integer(total.denseCount),
          "nonzeroParameters": JSON(total.nonzeroCount),
        ]
      ),
      ("bitsPerWeight", number(total.bitsPerWeight)),
      ("bound", total.boundJSON),
      ("sparsity", number(total.sparsity)),
      ("error", total.error?.json ?? .null),
      ("operations", operations?.json ?? .null),
      ("result", result?.json ?? .null),
      ("notes", .array(notes.map(JSON.string))),
    ]
  }

  fileprivate var json: JSON {
    .object(
      summary + [
        ("components", .array(components.map(\.json))),
        ("layers", .array(layers.map(\.json))),
        ("parameters", .array(parameters.map(\.json))),
      ])
  }
}

extension ReportTotal {
  fileprivate var boundJSON: JSON {
    ["bytes": number(boundBits / 8), "bitsPerWeight": number(boundPerWeight)]
  }

  fileprivate var json: JSON {
    [
      "name": .string(name),
      "tensors": .integer(tensors),
      "bytes": .integer(byteCount),
      "denseParameters": .integer(denseCount),
      "nonzeroParameters": JSON(nonzeroCount),
      "bitsPerWeight": number(bitsPerWeight),
      "bound": boundJSON,
      "sparsity": number(sparsity),
      "rank": ranks.map { [.integer($0.lowerBound), .integer($0.upperBound)] } ?? .null,
      "error": error?.json ?? .null,
    ]
  }
}

extension ParameterReport {
  fileprivate var json: JSON {
    let total = ReportTotal(name, [self])
    return [
      "name": .string(name),
      "role": JSON(role),
      "shape": .array(shape.lengths.map(JSON.integer)),
      "storage": .string(storage),
      "bytes": .integer(byteCount),
      "bitsPerWeight": number(total.bitsPerWeight),
      "bound": total.boundJSON,
      "nonzeroParameters": JSON(nonzeroCount),
      "sparsity": number(total.sparsity),
      "rank": JSON(rank),
      "error": error?.json ?? .null,
    ]
  }
}

extension ReconstructionError {
  fileprivate var json: JSON { ["relative": number(relative), "maximum": number(maximum)] }
}

extension OperationCount {
  fileprivate var json: JSON { ["tokens": .integer(tokens), "count": .integer(operations)] }
}

extension TaskResult {
  fileprivate var json: JSON {
    [
      "task": .string(task),
      "metric": .string(metric.rawValue),
      "value": number(score.value),
      "interval": [number(score.interval.lowerBound), number(score.interval.upperBound)],
      "examples": .integer(score.examples),
      "throughput": number(throughput),
      "latency": latency?.json ?? .null,
      "operationsPerSequence": .integer(operationsPerSequence),
    ]
  }
}
