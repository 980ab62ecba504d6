import Checkpoints
import Passes

/// The ways to hold each matrix that a budget chooses from.
protocol TreatmentMenu: Sendable {
  var statistics: Statistics { get }
  /// As recipes name the statistics.
  var path: String { get }
  var methods: Set<BudgetMethod> { get }

  /// All that there are for a matrix, whatever the methods; the first leaves it as it is.
  func all(of parameter: Parameter) throws -> [Treatment]
}

extension TreatmentMenu {
  /// Those for a matrix that the methods admit.
  func treatments(of parameter: Parameter) throws -> [Treatment] {
    try all(of: parameter).filter { $0.family.method.map(methods.contains) ?? true }
  }

  /// Options of passes that go by statistics.
  var measured: [(String, String)] { [("statistics", path)] }

  /// Options of passes that make up for errors by them.
  var compensated: [(String, String)] {
    measured + [("repair", "bias"), ("damping", Treatment.damping)]
  }
}

extension Treatment {
  /// How far what linears were fed is distrusted: at 0.01, as published, what few hundred sentences say of rare directions costs more than it
  /// saves at two bits and less.
  static let damping = "1"
}
