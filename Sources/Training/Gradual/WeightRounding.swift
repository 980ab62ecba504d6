import Checkpoints
import Tensors

/// What a pass that rounds does to a model while it is trained: its weights are seen as they are going to be rounded.
final class WeightRounding {
  let rounding: Rounding
  /// Which of a run's passes it stands for.
  let pass: Int
  /// The step from which on the scales stay; nil where they follow the weights to the end.
  let hold: Int?
  private(set) var quantizers: [TrainableParameter.ID: FakeQuantizer] = [:]

  init(_ rounding: Rounding, pass: Int, hold: Int?) {
    self.rounding = rounding
    self.pass = pass
    self.hold = hold
  }

  /// Lets the matrices of a model be seen through quantizers from now on.
  func attach(to model: TrainableModel, _ tape: Tape) {
    for parameter in model.parameters
    where rounding.roles.contains(parameter.id.role) && parameter.rows > 1 {
      let known = quantizers[parameter.id]
      let quantizer =
        known
        ?? FakeQuantizer(bits: rounding.bits, granularity: rounding.isPerRow ? .row : .tensor)
      quantizers[parameter.id] = quantizer
      tape.quantize(parameter, by: quantizer)
    }
  }

  /// Lets scales stay as they are, those of rows that were never looked up too.
  func freeze(_ model: TrainableModel) {
    for parameter in model.parameters {
      guard let quantizer = quantizers[parameter.id], !quantizer.isFrozen else { continue }
      quantizer.settle(on: parameter)
    }
  }

  /// Takes up what was kept.
  func restore(_ scales: [TrainableParameter.ID: [Float]], areHeld: Bool) {
    let granularity: FakeQuantizer.Granularity = rounding.isPerRow ? .row : .tensor
    quantizers = scales.mapValues { scales in
      let quantizer = FakeQuantizer(
        bits: rounding.bits, granularity: granularity, frozenAt: scales)
      quantizer.isFrozen = areHeld
      return quantizer
    }
  }

  /// The scales that stay, as the pass reads them: `ROLE.scale`, of factors `ROLE.left.scale` and `ROLE.right.scale`.
  var tensors: [String: Tensor] {
    var result: [String: Tensor] = [:]
    for (id, quantizer) in quantizers where quantizer.isFrozen {
      result["\(id).scale"] = Tensor(
        .f32, [quantizer.scales.count],
        source: MemorySource(quantizer.scales.withUnsafeBytes(Array.init)))
    }
    return result
  }
}
