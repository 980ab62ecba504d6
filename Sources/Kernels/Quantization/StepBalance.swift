import Glibc

/// Steps of rows that go by how much each row's output matters, and not by the size of its numbers alone.
///
/// At a given sum of bits the sum of r · step² is least where steps go with r^−½, whatever the rows' sizes, r being what a unit of squared error of a row
/// costs (reverse water-filling: Cover and Thomas, "Elements of Information Theory", 13.3). What was measured of r is uncertain,
/// so that something between that and steps by size does best.
///
/// - Parameters:
///   - steps: by the rows' sizes; 1 of rows of zeros, which are left so.
///   - sensitivities: r, of each row.
///   - power: 0 for steps as they were, 1 for steps with r^−½; the geometric mean stays.
package func balanced(steps: [Float], sensitivities: [Float], power: Double) -> [Float] {
  precondition(steps.count == sensitivities.count)
  let mean = sensitivities.reduce(0.0) { $0 + Double($1) } / Double(max(1, steps.count))
  guard mean > 0, power > 0 else { return steps }
  let floor = mean * 1e-3
  let shifts = steps.indices.map { row in
    -0.5 * log(Double(sensitivities[row]) + floor) - log(Double(steps[row]))
  }
  let counted = steps.indices.filter { steps[$0] != 1 }
  let usual = counted.reduce(0.0) { $0 + shifts[$1] } / Double(max(1, counted.count))
  return steps.indices.map { row in
    guard steps[row] != 1 else { return 1 }
    let factor = exp(power * (shifts[row] - usual))
    return steps[row] * Float(min(StepBalance.limit, max(1 / StepBalance.limit, factor)))
  }
}

package enum StepBalance {
  /// By how much a step is changed at most.
  package static let limit = 4.0
}
