import Documents
import Kernels
import Tensors

extension ModelDifference {
  /// The report as `pare.diff/1`; keys are only ever added.
  public var json: JSON {
    [
      "schema": "pare.diff/1",
      "first": first.json,
      "second": second.json,
      "equal": .bool(isEmpty),
      "tolerance": .number(tolerance),
      "ignored": .array(ignored.map(\.rawValue).sorted().map(JSON.string)),
      "matchedBy": .string(isByRole ? "role" : "name"),
      "values": ValueComparison.sum(tensors.compactMap(\.values)).json,
      "tensors": .array(tensors.map(\.json)),
      "configuration": .array(
        settings.map {
          ["key": .string($0.key), "first": $0.first ?? nil, "second": $0.second ?? nil]
        }),
      "files": .array(
        files.map { ["name": .string($0.name), "equal": .bool($0.areEqual)] }),
    ]
  }
}

extension ModelDifference.Side {
  fileprivate var json: JSON {
    [
      "path": .string(path), "format": .string(checkpoint.container.format),
      "dialect": JSON(checkpoint.dialect),
    ]
  }
}

extension TensorDifference {
  fileprivate var json: JSON {
    [
      "key": .string(key),
      "component": .string(component.rawValue),
      "different": .array(kinds.map { .string($0.rawValue) }),
      "first": first.map(\.json) ?? nil,
      "second": second.map(\.json) ?? nil,
      "values": values.map(\.json) ?? nil,
    ]
  }
}

extension TensorDifference.Side {
  fileprivate var json: JSON {
    [
      "name": .string(name), "elementType": .string(elementType.rawValue),
      "shape": .array(shape.lengths.map(JSON.integer)),
    ]
  }
}

extension ValueComparison {
  fileprivate var json: JSON {
    [
      "count": .integer(count),
      "unequal": .integer(unequal),
      "beyondTolerance": .integer(beyond),
      "maximum": .number(maximum),
      "relative": relative.map(JSON.number) ?? nil,
      "cosine": cosine.map(JSON.number) ?? nil,
    ]
  }
}
