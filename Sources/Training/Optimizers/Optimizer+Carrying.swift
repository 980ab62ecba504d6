import Checkpoints
import Tensors

/// What becomes of all moments when a pass has made another model of the one that is trained.
extension Optimizer {
  /// Goes on with the parameters of another model.
  ///
  /// - Parameter cut: what was taken out, where that is all that the pass did: moments are cut like the weights.
  /// - Precondition: no row waits for its decay.
  func carry(
    from old: TrainableModel, to new: TrainableModel, by cut: (any Cut)?
  ) throws {
    let own = Set(old.parameters.map(\.id))
    let others = parameters.filter { !own.contains($0.id) }
    if let cut {
      try carry(old, new, cut)
    } else {
      for parameter in new.parameters { try carry(parameter, from: old, to: new) }
    }
    try track(new.parameters + others)
  }

  /// Moments travel as models do: in a checkpoint of the same structure, through the same cut.
  private func carry(_ old: TrainableModel, _ new: TrainableModel, _ cut: any Cut) throws {
    let steps = old.parameters.compactMap { moments[$0.id]?.steps }.max() ?? 0
    let travelled = try (0..<rule.momentCount).map { order in
      let whole = try old.checkpoint { self.moments[$0.id]!.buffers[order] }
      return Dictionary(
        uniqueKeysWithValues: try TrainableModel(cut.apply(to: whole)).parameters.map {
          ($0.id, $0.values)
        })
    }
    var kept: [TrainableParameter.ID: Moments] = [:]
    for parameter in new.parameters {
      let moments = try fresh(for: parameter)
      moments.steps = steps
      for (buffer, values) in zip(moments.buffers, travelled) {
        guard let values = values[parameter.id] else { continue }
        for index in 0..<parameter.count where values.start[index] != 0 {
          buffer.start[index] = values.start[index]
        }
      }
      if moments.idle != nil { moments.idle = IdleRows(isLive: moments.liveRows) }
      kept[parameter.id] = moments
    }
    for parameter in old.parameters { moments[parameter.id] = nil }
    moments.merge(kept) { $1 }
  }

  /// Keeps the moments of a parameter that is still the same, projects those of a matrix that became a product.
  private func carry(
    _ parameter: TrainableParameter, from old: TrainableModel, to new: TrainableModel
  ) throws {
    if let before = old.parameters.first(where: { $0.id == parameter.id }) {
      guard before.rows == parameter.rows, before.columns == parameter.columns,
        parameter.id.part == .whole || parameter.isPruned(from: before)
      else { return try reset(parameter) }
      return mask(parameter)
    }
    let role = parameter.id.role
    let right = new.parameters.first { $0.id == TrainableParameter.ID(role, .right) }
    guard parameter.id.part == .left, let right, moments[TrainableParameter.ID(role)] != nil
    else { return }
    try reproject(TrainableParameter.ID(role), left: parameter, right: right)
  }
}

extension TrainableParameter {
  /// Whether it differs from another by a mask alone.
  fileprivate func isPruned(from other: TrainableParameter) -> Bool {
    (0..<count).allSatisfy { index in
      mask.map { $0.start[index] == 0 } ?? false || values.start[index] == other.values.start[index]
    }
  }
}
