import Checkpoints
import Tensors

/// Sums over a run's steps of what gradients say about each weight.
///
/// Held for matrices that are trained, a number for each weight; of tables that are looked up only rows that had gradients cost memory.
final class ImportanceMeter {
  let measure: ImportanceMeasure
  private(set) var sums: [TrainableParameter.ID: FloatBuffer] = [:]
  private(set) var steps = 0

  init(_ measure: ImportanceMeasure) { self.measure = measure }

  /// Takes in the gradients of a step, before the optimizer clears them.
  func add(_ parameters: [TrainableParameter], threads: Int) throws {
    steps += 1
    let measured = parameters.filter { $0.rows > 1 && !$0.isFrozen }
    for parameter in measured where sums[parameter.id]?.count != parameter.count {
      sums[parameter.id] = try FloatBuffer(count: parameter.count)
    }
    let pieces = measured.flatMap { self.pieces(of: $0, sums[$0.id]!) }
    let measure = measure
    try Workers.forEach(pieces, threads: threads) { $0.add(measure) }
  }

  private func pieces(
    of parameter: TrainableParameter, _ sum: FloatBuffer
  ) -> [MeterPiece] {
    let (values, target) = (parameter.values.start, sum.start)
    switch parameter.gradient {
    case .dense(let gradient):
      return parts(of: parameter.count, by: 1 << 16).map { range in
        let start = range.lowerBound
        return MeterPiece(
          gradient: gradient.start + start, values: values + start, sum: target + start,
          count: range.count)
      }
    case .rows(let gradient):
      let columns = parameter.columns
      return gradient.rows.enumerated().map { place, row in
        gradient.values.withUnsafeBufferPointer { numbers in
          MeterPiece(
            gradient: numbers.baseAddress! + place * columns, values: values + Int(row) * columns,
            sum: target + Int(row) * columns, count: columns)
        }
      }
    }
  }

  /// Begins anew.
  func reset() {
    sums.removeAll()
    steps = 0
  }

  /// Takes up what was kept with a run.
  func restore(_ sums: [TrainableParameter.ID: FloatBuffer], steps: Int) {
    (self.sums, self.steps) = (sums, steps)
  }

  /// How much every weight of a model matters, or every rank of a product: `ROLE.importance`, as passes read it.
  func statistics(of model: TrainableModel) throws -> Statistics {
    let floor = measure == .movement ? least(model) : 0
    var tensors: [String: Tensor] = [:]
    var ranks: [Role: [Float]] = [:]
    for parameter in model.parameters where parameter.rows > 1 {
      let importance = try importance(of: parameter, above: floor)
      switch parameter.id.part {
      case .whole:
        tensors["\(parameter.id.role).importance"] = Tensor(
          importance, rows: parameter.rows, columns: parameter.columns)
      case .left:
        ranks[parameter.id.role] = added(
          ranks[parameter.id.role], columnSums(importance, parameter))
      case .right:
        ranks[parameter.id.role] = added(ranks[parameter.id.role], rowSums(importance, parameter))
      }
    }
    for (role, sums) in ranks where tensors["\(role).importance"] == nil {
      tensors["\(role).importance"] = Tensor(
        .f32, [sums.count], source: MemorySource(sums.withUnsafeBytes(Array.init)))
    }
    return Statistics(measured: tensors)
  }

  /// The least sum of all, which is to count as little more than nothing.
  private func least(_ model: TrainableModel) -> Float {
    model.parameters.reduce(0) { least, parameter in
      guard let sum = sums[parameter.id] else { return least }
      return withExtendedLifetime(sum) { sum.elements.reduce(least) { min($0, $1) } }
    }
  }

  /// What was pruned before matters nothing; what nobody has measured as little as anything else can.
  private func importance(
    of parameter: TrainableParameter, above floor: Float
  ) throws -> FloatBuffer {
    let result = try FloatBuffer(count: parameter.count)
    let (values, target) = (parameter.values.start, result.start)
    guard let sum = sums[parameter.id]?.start else { return result }
    let share = 1 / Float(max(1, steps))
    for index in 0..<parameter.count {
      switch measure {
      case .movement: target[index] = (sum[index] - floor) + Float.leastNormalMagnitude
      default: target[index] = values[index].magnitude * sum[index] * share
      }
    }
    if let mask = parameter.mask {
      for index in 0..<parameter.count where mask.start[index] == 0 { target[index] = 0 }
    }
    return result
  }

  private func columnSums(_ importance: FloatBuffer, _ parameter: TrainableParameter) -> [Float] {
    var sums = [Double](repeating: 0, count: parameter.columns)
    for row in 0..<parameter.rows {
      for column in 0..<parameter.columns {
        sums[column] += Double(importance.start[row * parameter.columns + column])
      }
    }
    return sums.map { Float($0) }
  }

  private func rowSums(_ importance: FloatBuffer, _ parameter: TrainableParameter) -> [Float] {
    (0..<parameter.rows).map { row in
      let first = row * parameter.columns
      return Float(
        (first..<first + parameter.columns).reduce(0.0) { $0 + Double(importance.start[$1]) })
    }
  }

  private func added(_ first: [Float]?, _ second: [Float]) -> [Float] {
    first.map { zip($0, second).map { $0 + $1 } } ?? second
  }
}

/// Consecutive weights whose gradients one thread adds up.
private struct MeterPiece: @unchecked Sendable {
  let gradient: UnsafePointer<Float>
  let values: UnsafePointer<Float>
  let sum: UnsafeMutablePointer<Float>
  let count: Int

  func add(_ measure: ImportanceMeasure) {
    switch measure {
    case .movement: for index in 0..<count { sum[index] -= values[index] * gradient[index] }
    default: for index in 0..<count { sum[index] += gradient[index].magnitude }
    }
  }
}
