import Checkpoints

/// What several tensors take together: a component's, a layer's, a model's.
struct ReportTotal {
  var name: String
  var tensors = 0
  var byteCount = 0
  var denseCount = 0
  var heldCount = 0
  /// Nil once a tensor is among them whose zeros cannot be told.
  var nonzeroCount: Int? = 0
  var boundBits = 0.0
  /// The least and the greatest inner length of factors.
  var ranks: ClosedRange<Int>?
  var error: ReconstructionError?

  init(_ name: String, _ parameters: some Sequence<ParameterReport>) {
    self.name = name
    for parameter in parameters { add(parameter) }
  }

  private mutating func add(_ parameter: ParameterReport) {
    tensors += 1
    byteCount += parameter.byteCount
    denseCount += parameter.denseCount
    heldCount += parameter.heldCount
    boundBits += parameter.boundBits
    if parameter.heldCount > 0 {
      nonzeroCount = nonzeroCount.flatMap { sum in parameter.nonzeroCount.map { sum + $0 } }
    }
    if let rank = parameter.rank {
      ranks = min(ranks?.lowerBound ?? rank, rank)...max(ranks?.upperBound ?? rank, rank)
    }
    if let error = parameter.error { self.error = self.error.map { $0 + error } ?? error }
  }

  /// The share of zeros among the numbers that are held; nil where it cannot be told.
  var sparsity: Double? {
    guard let nonzeroCount, heldCount > 0 else { return nil }
    return 1 - Double(nonzeroCount) / Double(heldCount)
  }

  /// Bits of the file for each dense parameter.
  var bitsPerWeight: Double? { perWeight(8 * Double(byteCount)) }
  /// The least bits for each dense parameter.
  var boundPerWeight: Double? { perWeight(boundBits) }

  private func perWeight(_ bits: Double) -> Double? {
    denseCount > 0 ? bits / Double(denseCount) : nil
  }
}

extension ModelReport {
  /// All tensors, with the whole file's bytes.
  var total: ReportTotal {
    var total = ReportTotal("total", parameters)
    total.byteCount = byteCount
    return total
  }

  /// What each component takes; at the end what the container takes for itself.
  var components: [ReportTotal] {
    let totals = Component.allCases.compactMap { component -> ReportTotal? in
      let members = parameters.filter { $0.component == component }
      return members.isEmpty ? nil : ReportTotal(component.rawValue, members)
    }
    let rest = byteCount - totals.reduce(0) { $0 + $1.byteCount }
    guard rest > 0 else { return totals }
    var container = ReportTotal("container", [])
    container.byteCount = rest
    container.nonzeroCount = nil
    return totals + [container]
  }

  /// What each stored layer takes, from the first.
  var layers: [ReportTotal] {
    Dictionary(grouping: parameters.filter { $0.layer != nil }) { $0.layer! }
      .sorted { $0.key < $1.key }.map { ReportTotal("\($0.key)", $0.value) }
  }
}
