import Checkpoints
import Kernels
import Tensors

/// Which tables `pare inspect` shows besides the summary.
public struct InspectionDetail: Sendable {
  /// A row for each tensor.
  public var tensors: Bool
  /// Layer numbers are not collapsed to `#`.
  public var full: Bool
  /// Diagnostics are listed at the end.
  public var notes: Bool

  public init(tensors: Bool = false, full: Bool = false, notes: Bool = true) {
    self.tensors = tensors
    self.full = full
    self.notes = notes
  }
}

extension Inspection {
  /// The report as a person likes to read it.
  public func text(_ detail: InspectionDetail = InspectionDetail()) -> String {
    var lines = [printable(path), "  " + checkpoint.architecture.headline, "  " + fileLine, ""]
    lines += componentTable.lines()
    lines += ["", "  " + countLine]
    if detail.tensors || !statistics.isEmpty {
      lines += [""] + (statistics.isEmpty ? tensorTable(detail) : statisticsTable).lines()
    }
    if !checkpoint.container.foreign.isEmpty { lines += [""] + foreignTable.lines() }
    if detail.notes, !checkpoint.diagnostics.isEmpty {
      lines += [""] + checkpoint.diagnostics.map { "  " + $0.line }
    }
    return lines.joined(separator: "\n")
  }

  private var fileLine: String {
    let container = checkpoint.container
    var parts = [container.format, checkpoint.dialect.map { "dialect \($0)" } ?? "unknown dialect"]
    parts.append(byteText(container.byteCount))
    if container.files.count > 2 { parts.append("\(container.files.count - 1) shards") }
    return parts.joined(separator: " · ")
  }

  private var countLine: String {
    var parts = ["\(grouped(counts.uniqueParameters)) parameters"]
    if let nonzeroParameters { parts.append("\(grouped(nonzeroParameters)) nonzero") }
    if counts.logicalParameters != counts.uniqueParameters {
      parts.append("\(grouped(counts.logicalParameters)) with ties counted at each use")
    }
    if counts.storedElements != counts.uniqueParameters {
      parts.append("\(grouped(counts.storedElements)) elements stored")
    }
    return parts.joined(separator: " · ")
  }

  private var componentTable: Table {
    var table = Table(
      ("component", .left), ("tensors", .right), ("parameters", .right), ("share", .right),
      ("type", .left), ("bytes", .right), ("sparsity", .right))
    for total in components {
      table.add(
        total.component.rawValue, grouped(total.tensors), grouped(total.parameters),
        percent(total.parameters, of: counts.uniqueParameters),
        total.kinds.joined(separator: ", "), byteText(total.bytes),
        statistics.isEmpty ? "" : percent(total.zeros, of: total.elements))
    }
    let bytes = rows.reduce(0) { $0 + $1.byteCount }
    let zeros = components.reduce(0) { $0 + $1.zeros }
    let numbers = components.reduce(0) { $0 + $1.elements }
    table.add(
      "total", grouped(counts.tensors), grouped(counts.uniqueParameters), "", "", byteText(bytes),
      statistics.isEmpty ? "" : percent(zeros, of: numbers))
    return table
  }

  private func tensorTable(_ detail: InspectionDetail) -> Table {
    var table = Table(
      ("tensor", .left), ("×", .right), ("shape", .left), ("type", .left), ("bytes", .right),
      ("role", .left))
    for group in detail.full ? rows.map({ [$0] }) : collapsedRows {
      let first = group[0]
      let isCollapsed = group.count > 1
      table.add(
        printable(isCollapsed ? collapsed(first.name) : first.name),
        isCollapsed ? String(group.count) : "", first.tensor.shape.description,
        first.composition == nil
          ? first.blocks?.rawValue ?? first.tensor.elementType.rawValue : first.storage,
        byteText(group.reduce(0) { $0 + $1.byteCount }),
        first.role.map { isCollapsed ? collapsed($0) : $0 } ?? first.component.rawValue)
    }
    return table
  }

  /// Tensors that differ in the number of their layer only, together.
  private var collapsedRows: [[Row]] {
    var places: [String: Int] = [:]
    var groups: [[Row]] = []
    for row in rows {
      let key =
        "\(collapsed(row.name)) \(row.tensor.shape) \(row.tensor.elementType) \(row.composition == nil && row.blocks == nil ? "" : row.storage)"
      if let place = places[key] {
        groups[place].append(row)
      } else {
        places[key] = groups.count
        groups.append([row])
      }
    }
    return groups
  }

  private var statisticsTable: Table {
    var table = Table(
      ("tensor", .left), ("shape", .left), ("min", .right), ("max", .right), ("mean", .right),
      ("deviation", .right), ("zeros", .right), ("NaN", .right), ("Inf", .right),
      ("histogram", .left))
    for row in rows {
      guard let numbers = statistics[row.name] else { continue }
      let isFinite = numbers.finite > 0
      table.add(
        printable(row.name), row.tensor.shape.description,
        isFinite ? significant(numbers.minimum) : "", isFinite ? significant(numbers.maximum) : "",
        isFinite ? significant(numbers.mean) : "", isFinite ? significant(numbers.deviation) : "",
        percent(numbers.zeros, of: numbers.count),
        numbers.nans > 0 ? grouped(numbers.nans) : "",
        numbers.infinities > 0 ? grouped(numbers.infinities) : "", sparkline(numbers.histogram))
    }
    return table
  }

  private var foreignTable: Table {
    var table = Table(("not readable", .left), ("type", .left), ("shape", .left), ("bytes", .right))
    for tensor in checkpoint.container.foreign {
      table.add(
        printable(tensor.name), printable(tensor.type), "\(tensor.shape)",
        byteText(tensor.byteCount))
    }
    return table
  }
}

/// A name with its numbers, between separators, replaced by `#`.
private func collapsed(_ name: String) -> String {
  var result = ""
  var isInNumber = false
  var previous: Character = "."
  for character in name {
    if character.isASCII, character.isNumber, isInNumber || "./_".contains(previous) {
      if !isInNumber { result.append("#") }
      isInNumber = true
    } else {
      result.append(character)
      isInNumber = false
    }
    previous = character
  }
  return result
}

/// A histogram in one line of block characters; a bin that is not empty shows at least the lowest.
private func sparkline(_ bins: [Int]) -> String {
  let blocks = Array("▁▂▃▄▅▆▇█")
  guard let highest = bins.max(), highest > 0 else { return "" }
  return String(
    bins.map { count in
      count == 0 ? " " : blocks[(count * (blocks.count - 1) + highest - 1) / highest]
    })
}

extension Diagnostic {
  /// The diagnostic in one line.
  public var line: String {
    let place = tensor.map { "\(printable($0)): " } ?? ""
    return "\(severity.rawValue): \(place)\(message)"
  }
}

extension Architecture {
  /// The architecture in one line.
  var headline: String {
    switch self {
    case .encoder(let encoder): encoder.headline
    case .bilstm(let student): student.headline
    case .unknown: "unknown architecture"
    }
  }
}

extension EncoderArchitecture {
  fileprivate var headline: String {
    var parts = ["\(family.title), \(layers.count) layers"]
    if storedLayers != layers.count { parts[0] += " (\(storedLayers) stored)" }
    parts.append("hidden \(hidden)")
    if embedding != hidden { parts.append("embedding \(embedding)") }
    parts.append("heads \(range(layers.map(\.heads)) ?? "unknown")")
    parts.append("FFN \(range(layers.map(\.intermediate)) ?? "unknown")")
    parts.append("vocabulary \(grouped(vocabulary))")
    parts.append("positions \(grouped(positions))")
    if types > 0 { parts.append("types \(types)") }
    if head != .none { parts.append("head \(head.rawValue)") }
    if !labels.isEmpty { parts.append("labels \(shortened(labels))") }
    return parts.joined(separator: ", ")
  }

  /// `12`, or `4–12` where layers differ; nil where one is unknown.
  private func range(_ values: [Int?]) -> String? {
    let known = values.compactMap(\.self)
    guard known.count == values.count, let low = known.min(), let high = known.max() else {
      return nil
    }
    return low == high ? "\(low)" : "\(low)–\(high)"
  }
}

extension BiLSTMArchitecture {
  fileprivate var headline: String {
    var parts = ["BiLSTM, hidden 2 × \(hidden)", "embedding \(embedding)"]
    parts.append("projection \(projection)")
    parts.append("vocabulary \(grouped(vocabulary))")
    parts.append("readout \(readout.rawValue)")
    if head != .none { parts.append("head \(head.rawValue)") }
    if !labels.isEmpty { parts.append("labels \(shortened(labels))") }
    return parts.joined(separator: ", ")
  }
}

/// The first few labels.
private func shortened(_ labels: [String]) -> String {
  let shown = labels.prefix(4).map(printable).joined(separator: "/")
  return labels.count > 4 ? "\(shown)/… (\(labels.count))" : shown
}

extension EncoderFamily {
  fileprivate var title: String {
    switch self {
    case .bert: "BERT"
    case .roberta: "RoBERTa"
    case .xlmRoberta: "XLM-RoBERTa"
    case .distilbert: "DistilBERT"
    case .electra: "ELECTRA"
    case .albert: "ALBERT"
    }
  }
}
