import Checkpoints
import Documents
import Kernels
import Tensors

extension Inspection {
  /// The report as `pare.inspect/1`; keys are only ever added.
  public var json: JSON {
    let container = checkpoint.container
    return [
      "schema": "pare.inspect/1",
      "path": .string(path),
      "format": .string(container.format),
      "dialect": JSON(checkpoint.dialect),
      "bytes": .integer(container.byteCount),
      "files": .array(container.files.map(JSON.string)),
      "architecture": checkpoint.architecture.json,
      "counts": [
        "tensors": .integer(counts.tensors),
        "storedElements": .integer(counts.storedElements),
        "uniqueParameters": .integer(counts.uniqueParameters),
        "logicalParameters": .integer(counts.logicalParameters),
        "nonzeroParameters": JSON(nonzeroParameters),
      ],
      "components": .array(components.map(\.json)),
      "elementTypes": elementTypesJSON,
      "metadata": .object(container.metadata.map { ($0.key, .string($0.value)) }),
      "tensors": .array(rows.map(json)),
      "foreign": .array(
        container.foreign.map {
          [
            "name": .string($0.name), "type": .string($0.type),
            "shape": .array($0.shape.map(JSON.integer)), "bytes": .integer($0.byteCount),
          ]
        }),
      "diagnostics": .array(checkpoint.diagnostics.map(\.json)),
    ]
  }

  private var elementTypesJSON: JSON {
    .object(
      ElementType.allCases.compactMap { type in
        let members = rows.filter { $0.tensor.elementType == type }
        guard !members.isEmpty else { return nil }
        return (
          type.rawValue,
          [
            "tensors": .integer(members.count),
            "elements": .integer(members.reduce(0) { $0 + $1.tensor.elementCount }),
            "bytes": .integer(members.reduce(0) { $0 + $1.byteCount }),
          ]
        )
      })
  }

  private func json(_ row: Row) -> JSON {
    var members: [(key: String, value: JSON)] = [
      ("name", .string(row.name)),
      ("role", JSON(row.role)),
      ("elementType", .string(row.tensor.elementType.rawValue)),
      ("shape", .array(row.tensor.shape.lengths.map(JSON.integer))),
      ("bytes", .integer(row.byteCount)),
      ("storage", .string(row.storage)),
    ]
    if let numbers = statistics[row.name] { members.append(("statistics", numbers.json)) }
    return .object(members)
  }
}

extension Inspection.ComponentTotal {
  fileprivate var json: JSON {
    [
      "name": .string(component.rawValue),
      "tensors": .integer(tensors),
      "parameters": .integer(parameters),
      "bytes": .integer(bytes),
    ]
  }
}

extension TensorStatistics {
  fileprivate var json: JSON {
    let hasFinite = finite > 0
    return [
      "minimum": hasFinite ? .number(minimum) : nil,
      "maximum": hasFinite ? .number(maximum) : nil,
      "mean": hasFinite ? .number(mean) : nil,
      "deviation": hasFinite ? .number(deviation) : nil,
      "zeros": .integer(zeros),
      "nans": .integer(nans),
      "infinities": .integer(infinities),
      "histogram": .array(histogram.map(JSON.integer)),
    ]
  }
}

extension Architecture {
  /// The architecture as every command's JSON has it.
  var json: JSON {
    switch self {
    case .encoder(let encoder): encoder.json
    case .bilstm(let student): student.json
    case .unknown: ["family": "unknown"]
    }
  }
}

extension EncoderArchitecture {
  fileprivate var json: JSON {
    let heads = layers.map(\.heads)
    return [
      "family": .string(family.rawValue),
      "layers": .integer(layers.count),
      "storedLayers": .integer(storedLayers),
      "hidden": .integer(hidden),
      "embedding": .integer(embedding),
      "heads": heads.contains(nil) ? nil : .array(heads.map { JSON($0) }),
      "intermediate": .array(layers.map { .integer($0.intermediate) }),
      "vocabulary": .integer(vocabulary),
      "positions": .integer(positions),
      "types": .integer(types),
      "head": .string(head.rawValue),
      "labels": .array(labels.map(JSON.string)),
    ]
  }
}

extension BiLSTMArchitecture {
  fileprivate var json: JSON {
    [
      "family": .string(Family.bilstm.name),
      "hidden": .integer(hidden),
      "embedding": .integer(embedding),
      "projection": .integer(projection),
      "vocabulary": .integer(vocabulary),
      "readout": .string(readout.rawValue),
      "head": .string(head.rawValue),
      "labels": .array(labels.map(JSON.string)),
    ]
  }
}

extension Diagnostic {
  /// The diagnostic as every command's JSON has it.
  package var json: JSON {
    [
      "severity": .string(severity.rawValue),
      "code": .string(code.rawValue),
      "message": .string(message),
      "tensor": JSON(tensor),
    ]
  }
}
