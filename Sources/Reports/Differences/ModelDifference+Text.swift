import Checkpoints
import Documents
import Kernels
import Tensors

extension ModelDifference {
  /// The report as a person likes to read it.
  ///
  /// - Parameter full: lists every tensor that differs; else the worst of them.
  public func text(full: Bool = false) -> String {
    var lines = [headline("A", first), headline("B", second), ""]
    lines += componentTable.lines()
    let different = tensors.filter { !$0.kinds.isEmpty }
    if !different.isEmpty {
      let shown = full ? different : Array(worst(different).prefix(Self.usualCount))
      lines += [""] + tensorTable(shown).lines()
      if shown.count < different.count {
        lines.append("  … and \(grouped(different.count - shown.count)) more; --full lists them")
      }
    }
    if !settings.isEmpty { lines += [""] + settingTable.lines() }
    lines += [""] + files.filter { !$0.areEqual }.map { "  \($0.text)" }
    lines.append("  " + verdict)
    return lines.joined(separator: "\n")
  }

  private static let usualCount = 20

  private func headline(_ letter: String, _ side: Side) -> String {
    let container = side.checkpoint.container
    let dialect = side.checkpoint.dialect.map { " · dialect \($0)" } ?? ""
    return "\(letter)  \(printable(side.path)) · \(container.format)\(dialect) · "
      + byteText(container.byteCount)
  }

  /// What is missing or of another shape first, then by how far values are apart.
  private func worst(_ different: [TensorDifference]) -> [TensorDifference] {
    different.enumerated().sorted { left, right in
      let (ours, theirs) = (left.element.rank, right.element.rank)
      return ours != theirs ? ours > theirs : left.offset < right.offset
    }.map(\.element)
  }

  private var componentTable: Table {
    var table = Table(
      ("component", .left), ("tensors", .right), ("equal", .right), ("different", .right),
      ("max |A−B|", .right), ("‖A−B‖/‖A‖", .right), ("cosine", .right))
    for component in Component.allCases {
      let members = tensors.filter { $0.component == component }
      if !members.isEmpty { table.add(cells: cells(component.rawValue, members)) }
    }
    table.add(cells: cells("total", tensors))
    return table
  }

  private func cells(_ name: String, _ members: [TensorDifference]) -> [String] {
    let equal = members.count { $0.kinds.isEmpty }
    let values = members.compactMap(\.values)
    return [
      name, grouped(members.count), grouped(equal),
      equal == members.count ? "" : grouped(members.count - equal),
    ] + (values.isEmpty ? ["", "", ""] : Self.figures(.sum(values)))
  }

  private static func figures(_ values: ValueComparison) -> [String] {
    guard values.unequal > 0 else { return ["0", "0", ""] }
    return [
      significant(values.maximum), values.relative.map(significant) ?? "∞",
      values.cosine.map { fixed($0, 6) } ?? "",
    ]
  }

  private func tensorTable(_ shown: [TensorDifference]) -> Table {
    var table = Table(
      ("tensor", .left), ("different", .left), ("A", .left), ("B", .left), ("max |A−B|", .right),
      ("‖A−B‖/‖A‖", .right), ("cosine", .right), ("beyond", .right))
    for tensor in shown {
      let beyond = tensor.values.map { percent($0.beyond, of: $0.count) } ?? ""
      table.add(
        cells: [
          printable(tensor.key), tensor.kinds.map(\.rawValue).joined(separator: ", "),
          tensor.described(tensor.first), tensor.described(tensor.second),
        ] + (tensor.values.map(Self.figures) ?? ["", "", ""]) + [beyond])
    }
    return table
  }

  private var settingTable: Table {
    var table = Table(("configuration", .left), ("A", .left), ("B", .left))
    for setting in settings {
      table.add(printable(setting.key), Self.short(setting.first), Self.short(setting.second))
    }
    return table
  }

  private static func short(_ value: JSON?) -> String {
    guard let value else { return "–" }
    let text = printable(value.text())
    return text.count > 40 ? text.prefix(39) + "…" : text
  }

  /// The last line: whether they are the same, and as what.
  private var verdict: String {
    let values = ValueComparison.sum(tensors.compactMap(\.values))
    let limit = tolerance > 0 ? " within \(significant(tolerance))" : ""
    let counts = Self.count(tensors.count, "tensor") + ", \(grouped(values.count)) values"
    guard !isEmpty else {
      return tensors.allSatisfy { $0.kinds.isEmpty }
        ? "the same\(limit): \(counts)" : "the same\(limit) but for what is ignored: \(counts)"
    }
    var parts = TensorDifference.Kind.allCases.compactMap { kind -> String? in
      let count = tensors.count { countedKinds(of: $0).contains(kind) }
      guard count > 0 else { return nil }
      return "\(Self.count(count, "tensor")) \(kind.phrase(limit))"
    }
    if !settings.isEmpty, !ignored.contains(.configuration) {
      parts.append("\(Self.count(settings.count, "setting")) of the configuration")
    }
    if files.contains(where: { !$0.areEqual }), !ignored.contains(.vocabulary) {
      parts.append("the vocabulary")
    }
    return "different: " + parts.joined(separator: ", ")
  }

  private static func count(_ number: Int, _ noun: String) -> String {
    "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
  }
}

extension TensorDifference {
  fileprivate func described(_ side: Side?) -> String {
    guard let side else { return "–" }
    return "\(side.elementType.rawValue) \(side.shape)"
  }

  fileprivate var rank: Double {
    if kinds.contains(where: { [.missing, .extra, .shape].contains($0) }) { return .infinity }
    guard let values else { return hasEqualBytes == false ? 1e300 : 0 }
    return values.relative ?? 1e300
  }
}

extension TensorDifference.Kind {
  fileprivate func phrase(_ limit: String) -> String {
    switch self {
    case .missing: "only in A"
    case .extra: "only in B"
    case .shape: "of another shape"
    case .type: "of another type"
    case .values: "with other values" + (limit.isEmpty ? "" : " than\(limit)")
    }
  }
}

extension FileDifference {
  fileprivate var text: String {
    guard let lines else { return "\(name): the files differ" }
    guard lines.differing > 1 else { return "\(name): line \(lines.first) differs" }
    return "\(name): \(grouped(lines.differing)) lines differ, the first is line \(lines.first)"
  }
}

extension ValueComparison {
  /// The comparison of all elements of several tensors.
  static func sum(_ parts: [ValueComparison]) -> ValueComparison {
    parts.reduce(into: ValueComparison()) { $0.add($1) }
  }
}
