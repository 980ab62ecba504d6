import Checkpoints
import Tensors

extension Shrink: GrowingPass {
  /// Numbers go down from what each of the checkpoint's layers had, to the nearest whole one.
  package static func arguments(
    _ whole: PassArguments, at share: Double, from origin: Checkpoint
  ) throws -> PassArguments? {
    guard share < 1 else { return whole }
    guard let encoder = origin.architecture.encoder else { return whole }
    var result = whole
    let present = [
      "heads": encoder.layers.map { $0.heads ?? 0 },
      "intermediate": encoder.layers.map(\.intermediate),
      "layers": [encoder.layers.count / max(1, encoder.groupSize)],
    ]
    for (option, _) in whole.values {
      guard let before = present[option], let wanted = whole.integers(option) else {
        if option == "keep-layers" || option == "flops" {
          throw Failure(GrowthReason.atOnce(option))
        }
        continue
      }
      guard wanted.count == 1 || wanted.count == before.count else {
        throw Failure(GrowthReason.lists(option))
      }
      let isOne = wanted.count == 1 && Set(before).count == 1
      let numbers = (isOne ? Array(before.prefix(1)) : before).enumerated().map { index, count in
        let target = wanted.count == 1 ? wanted[0] : wanted[index]
        return Int((Double(count) + share * Double(target - count)).rounded())
      }
      result = result.replacing(option, with: numbers.map(String.init).joined(separator: ","))
    }
    return result
  }

  package static func share(of strength: Double, in whole: PassArguments) throws -> Double {
    throw Failure(GrowthReason.noUnit(pass: declaration.name))
  }
}

/// Why a pass cannot be called in steps.
package enum GrowthReason: Reason {
  case atOnce(String)
  case lists(String)
  case noUnit(pass: String)
  case weaker(String, from: Double, to: Double)

  package var outcome: Outcome { .usage }

  package var description: String {
    switch self {
    case .atOnce(let option): "'\(option)' cannot grow"
    case .lists(let option):
      "a list of '\(option)' has another length than the model has layers, so it cannot be reached in steps"
    case .noUnit(let pass): "\(pass) begins with what the model has, so 'from' means nothing to it"
    case .weaker(let option, let from, let to):
      "'\(option)' should grow, but goes from \(from) to \(to)"
    }
  }

  package var hint: String? {
    if case .atOnce = self { "the schedule 'constant' applies a pass once" } else { nil }
  }
}
