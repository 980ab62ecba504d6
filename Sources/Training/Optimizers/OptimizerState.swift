import Checkpoints
import Documents
import Tensors

/// An optimizer's moments as named tensors, to be kept with a run.
///
/// Of a table whose rows were not all looked up, the rows that were are told, and their moments alone.
extension Optimizer {
  /// The tensors lend the moments' own memory: they are to be written before the next step.
  ///
  /// Rows that wait for their decay are brought up to date first, which changes no result.
  package func stateTensors() throws -> [NamedTensor] {
    try flush()
    return parameters.flatMap { parameter -> [NamedTensor] in
      let moments = moments[parameter.id]!
      let live = moments.idle.map { idle in
        idle.isLive.indices.filter { idle.isLive[$0] }.map(Int32.init)
      }
      let rows = live.map { rows in
        NamedTensor(
          "rows/\(parameter.id)",
          Tensor(.i32, [rows.count], source: MemorySource(rows.withUnsafeBytes(Array.init))))
      }
      return (rows.map { [$0] } ?? [])
        + moments.buffers.enumerated().map { order, buffer in
          NamedTensor(
            "moment.\(order + 1)/\(parameter.id)",
            live.map { Tensor(buffer, taking: $0, columns: moments.columns) }
              ?? Tensor(buffer, rows: moments.rows, columns: moments.columns))
        }
    }
  }

  /// The counts beside the tensors.
  package var stateFacts: JSON {
    .object([
      ("steps", .integer(steps)),
      (
        "parameters",
        .object(
          parameters.map { ("\($0.id)", .integer(moments[$0.id]!.steps)) })
      ),
    ])
  }

  /// Takes up what another optimizer of the same rule left, for parameters of the same shapes.
  ///
  /// - Throws: ``Failure`` if anything is missing or of another shape.
  package func restore(_ facts: JSON?, from tensors: StoredTensors) throws {
    guard let facts, let steps = facts["steps"]?.integer, steps >= 0 else {
      throw Failure(RunReason.damaged("the optimizer's steps are not told"))
    }
    var restored: [TrainableParameter.ID: Moments] = [:]
    for parameter in parameters {
      guard let count = facts["parameters"]?["\(parameter.id)"]?.integer, count >= 0 else {
        throw Failure(RunReason.missing("the steps of \(parameter.id)"))
      }
      let moments = try fresh(for: parameter)
      moments.steps = count
      try restore(moments, of: parameter, from: tensors)
      restored[parameter.id] = moments
    }
    moments = restored
    self.steps = steps
  }

  private func restore(
    _ moments: Moments, of parameter: TrainableParameter, from tensors: StoredTensors
  ) throws {
    let live = try tensors.rows("rows/\(parameter.id)", below: parameter.rows)
    if let live {
      var isLive = [Bool](repeating: false, count: parameter.rows)
      for row in live { isLive[row] = true }
      moments.idle = IdleRows(isLive: isLive)
    } else {
      moments.idle = nil
    }
    for (order, buffer) in moments.buffers.enumerated() {
      try tensors.read(
        "moment.\(order + 1)/\(parameter.id)", into: buffer, rows: live ?? Array(0..<moments.rows),
        columns: moments.columns)
    }
  }
}
