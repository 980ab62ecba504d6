import Tensors

/// Changes parameters by their gradients, step by step.
///
/// Biases and norms get no weight decay; frozen parameters stay as they are; what a mask has pruned stays zero. A table of which a
/// batch looks up a few rows is changed as if its gradient were dense, bit for bit, while rows that were never looked up cost nothing:
/// they wait for their decay. Therefore ``settle(_:of:)`` comes before rows are read, and ``flush()`` before a table is read as a whole.
/// Results do not depend on the number of threads.
package final class Optimizer {
  package let rule: any UpdateRule
  package private(set) var parameters: [TrainableParameter]
  /// What the learning rate is multiplied by, by parameter.
  package var rateFactors = RateFactors()
  package var threads: Int
  /// How many steps have been made.
  package var steps = 0
  var moments: [TrainableParameter.ID: Moments] = [:]
  private var zeros: FloatBuffer

  /// - Parameter parameters: in a fixed order, each with an ID of its own.
  package init(
    _ rule: any UpdateRule, for parameters: [TrainableParameter], threads: Int
  ) throws {
    self.rule = rule
    self.threads = threads
    self.parameters = []
    zeros = try FloatBuffer(count: 0)
    try track(parameters)
  }

  /// Goes on with parameters of which some may be new, or gone; the moments of the others stay.
  ///
  /// - Precondition: moments were cut to the shapes that parameters now have.
  package func track(_ parameters: [TrainableParameter]) throws {
    precondition(Set(parameters.map(\.id)).count == parameters.count, "a parameter given twice")
    var kept: [TrainableParameter.ID: Moments] = [:]
    for parameter in parameters {
      let known = moments[parameter.id]
      precondition(known?.fits(parameter) ?? true, "moments of another shape: \(parameter.id)")
      kept[parameter.id] = try known ?? fresh(for: parameter)
    }
    moments = kept
    self.parameters = parameters
    zeros = try FloatBuffer(count: parameters.map(\.columns).max() ?? 0)
  }

  /// Moments of zero.
  func fresh(for parameter: TrainableParameter) throws -> Moments {
    let moments = try Moments(
      rows: parameter.rows, columns: parameter.columns, count: rule.momentCount)
    let settings = StepSettings(rate: 1, step: 1, decays: parameter.decays)
    if case .rows = parameter.gradient, rule.idleFactor(settings) != nil {
      moments.idle = IdleRows(rows: parameter.rows)
    }
    return moments
  }

  /// Makes a step and clears the gradients, also those of frozen parameters.
  ///
  /// - Parameters:
  ///   - scale: what gradients are multiplied by first: 1 / n where they are the sum over n batches.
  ///   - clipping: how long gradients may be, after that.
  /// - Returns: the length of the gradient before it was clipped.
  /// - Throws: ``Failure`` if a gradient is infinite or not a number; then nothing was changed but that.
  @discardableResult
  package func step(
    rate: Double, scale: Double = 1, clipping: Clipping = .none
  ) throws -> Double {
    let active = parameters.filter { !$0.isFrozen }
    let norms = try gradientNorms(of: active).map { $0 * scale }
    let norm = norms.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard norm.isFinite else { throw Failure(OptimizerReason.gradient(steps + 1)) }
    steps += 1
    var pieces: [UpdatePiece] = []
    for (parameter, own) in zip(active, norms) {
      let coefficient = scale * clipping.coefficient(of: own, in: norm)
      pieces += try self.pieces(of: parameter, rate: rate, coefficient: coefficient)
    }
    try Workers.forEach(pieces, threads: threads) { $0.run() }
    clearOtherGradients()
    return norm
  }

  private func pieces(
    of parameter: TrainableParameter, rate: Double, coefficient: Double
  ) throws -> [UpdatePiece] {
    let moments = moments[parameter.id]!
    precondition(moments.fits(parameter), "moments of another shape: \(parameter.id)")
    moments.steps += 1
    let settings = StepSettings(
      rate: rate * rateFactors[parameter.id.role], step: moments.steps, decays: parameter.decays,
      gradientScale: Float(coefficient))
    try enliven(moments, parameter)
    moments.idle?.decay(by: rule.idleFactor(settings) ?? 1)
    return UpdatePiece.all(of: parameter, moments, rule.update(settings), zeros: zeros)
  }

  /// Takes rows that have a gradient now from those that wait.
  private func enliven(_ moments: Moments, _ parameter: TrainableParameter) throws {
    guard let idle = moments.idle else { return }
    switch parameter.gradient {
    case .rows(let gradient): for row in gradient.rows { idle.enliven(Int(row), of: parameter) }
    case .dense:
      try idle.settleAll(of: parameter, threads: threads)
      moments.idle = nil
    }
  }

  /// Sets gradients back to zero that no step will use.
  func clearGradients() {
    for parameter in parameters { parameter.clearGradient() }
  }

  /// Sets gradients back to zero of which the step has not done so.
  private func clearOtherGradients() {
    for parameter in parameters {
      switch parameter.gradient {
      case .dense(let gradient): if parameter.isFrozen { gradient.fill(with: 0) }
      case .rows(let gradient): gradient.clear()
      }
    }
  }

  /// Brings rows up to date that are going to be read; any order, any number of times.
  package func settle(_ rows: some Sequence<Int32>, of id: TrainableParameter.ID) {
    guard let idle = moments[id]?.idle, !idle.pending.isEmpty,
      let parameter = parameters.first(where: { $0.id == id })
    else { return }
    for row in rows { idle.settle(Int(row), of: parameter) }
  }

  /// Brings all rows up to date.
  package func flush() throws {
    for parameter in parameters {
      try moments[parameter.id]?.idle?.settleAll(of: parameter, threads: threads)
    }
  }
}

extension RowGradient {
  func clear() {
    rows.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
  }
}

/// Why an optimizer stops.
package enum OptimizerReason: Reason {
  case gradient(Int)

  package var outcome: Outcome { .checkFailed }

  package var description: String {
    switch self {
    case .gradient(let step): "the gradient is infinite or not a number at step \(step)"
    }
  }

  package var hint: String? { "a lower learning rate, or clipping, may help" }
}
