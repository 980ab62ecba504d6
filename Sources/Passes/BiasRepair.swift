import Checkpoints
import Kernels
import Tensors

/// Lets biases make up for what a pass changes in the outputs of linears on the average: b + (W − Ŵ)·E[x], which leaves the mean of
/// what calibration saw as it was (Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019).
///
/// Passes that weigh errors by what linears are fed then go by its second moments around the mean.
struct BiasRepair {
  static let option = PassOption(
    "repair", .choice(["none", "bias"]),
    "What makes up for errors of linears that are the same for all inputs; wants statistics of inputs.",
    standard: "none")

  private let statistics: Statistics

  /// - Returns: nil where no repair is asked for.
  /// - Throws: ``Failure`` of usage if it is, and there are no statistics.
  init?(_ arguments: PassArguments, _ statistics: Statistics?, pass: String) throws {
    guard Self.isAsked(arguments) else { return nil }
    guard let statistics else {
      throw Failure(PassReason.missing(option: PassOption.statistics.name, pass: pass))
    }
    self.statistics = statistics
  }

  static func isAsked(_ arguments: PassArguments) -> Bool {
    arguments.text(option.name) == "bias"
  }

  /// - Parameters:
  ///   - result: what a pass has made of a checkpoint.
  ///   - original: that checkpoint.
  ///   - roles: the matrices that were changed; those without a bias, or inputs that were measured, stay as they are.
  func applied(
    to result: Checkpoint, of roles: Set<Role>, original: Checkpoint
  ) throws -> Checkpoint {
    let before = original.matrices(roles)
    let after = result.matrices(roles)
    return try result.replacing { bias in
      let role = Role(bias.role.module, .weight)
      guard bias.role.kind == .bias, let old = before[role], let new = after[role],
        case .dense(let tensor) = bias.storage, tensor.elementType.isFloat,
        let mean = try statistics.mean(role, width: old.shape[1])
      else { return nil }
      let (shape, type) = (old.shape, tensor.elementType)
      let repaired = Computation.tensors([(type, tensor.shape)]) {
        let errors = zip(
          try old.storage.rows(of: shape).products(with: mean),
          try new.storage.rows(of: shape).products(with: mean)
        ).map { $0 - $1 }
        let values = zip(try tensor.singles(), errors).map { Float(Double($0) + $1) }
        return [ScaleRounding(type).bytes(of: values)]
      }
      return bias.holding(.dense(repaired[0]))
    }
  }
}

extension Checkpoint {
  fileprivate func matrices(_ roles: Set<Role>) -> [Role: Parameter] {
    Dictionary(
      parameters.filter { roles.contains($0.role) && $0.shape.rank == 2 }.map { ($0.role, $0) },
      uniquingKeysWith: { first, _ in first })
  }
}

extension RowReader {
  /// The product of each row with a vector.
  fileprivate func products(with vector: [Float]) throws -> [Double] {
    var sums: [Double] = []
    sums.reserveCapacity(rows)
    try eachBand { band, values in
      for row in 0..<band.count {
        var sum = 0.0
        for column in 0..<columns {
          sum += Double(values[row &* columns &+ column]) * Double(vector[column])
        }
        sums.append(sum)
      }
    }
    return sums
  }
}
