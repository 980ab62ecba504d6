import Checkpoints
import Passes

/// The ways to hold each matrix that a budget chooses from.
protocol TreatmentMenu: Sendable {
  var statistics: Statistics { get }
  /// As recipes name the statistics.
  var path: String { get }
  var methods: Set<BudgetMethod> { get }
  /// How far treatments go by which it is measured what errors of a matrix cost, what matters most first.
  var measuredStrengths: [Double] { get }

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
    measured + [("repair", "bias"), ("damping", Treatment.dampings[0])]
  }
}

extension Treatment {
  /// How far what linears were fed is distrusted, the most first: with little damping, as published, what few hundred sentences say of rare directions
  /// costs more than it saves at two bits and less, and saves more than it costs at three.
  static let dampings = ["1", "0.1", "0.03"]

  /// The same with another damping.
  func damped(by damping: String) -> Treatment {
    var result = self
    for pass in result.passes.indices {
      for (index, option) in result.passes[pass].options.enumerated()
      where option.name == "damping" {
        result.passes[pass].options[index].value = damping
      }
    }
    return result
  }
}
