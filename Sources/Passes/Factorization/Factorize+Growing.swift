import Checkpoints
import Tensors

extension Factorize: GrowingPass {
  /// A rank goes down from the full one, and nothing is done until it saves something; a share goes down from 1.
  package static func arguments(
    _ whole: PassArguments, at share: Double, from origin: Checkpoint
  ) throws -> PassArguments? {
    guard share < 1 else { return whole }
    for option in ["energy", "ratio"] {
      guard let last = whole.number(option) else { continue }
      return whole.replacing(option, with: "\(1 + share * (last - 1))")
    }
    let last = whole.integer("rank") ?? 1
    let roles = try Factorize(whole).roles(in: origin)
    let matrices = origin.parameters.filter { roles.contains($0.role) }
    let first = try matrices.map { try $0.rank }.max() ?? last
    let rank = Int((Double(first) + share * Double(last - first)).rounded())
    let saves = matrices.allSatisfy {
      rank * ($0.shape[0] + $0.shape[1]) < $0.storage.uniqueCount
    }
    return saves ? whole.replacing("rank", with: String(rank)) : nil
  }

  package static func share(of strength: Double, in whole: PassArguments) throws -> Double {
    throw Failure(GrowthReason.noUnit(pass: declaration.name))
  }
}

extension Parameter {
  /// The inner length of a product; the smaller side of another matrix.
  fileprivate var rank: Int {
    get throws {
      guard case .factorized(let left, let right) = storage else { return min(shape[0], shape[1]) }
      return try Storage.rank(left, right, rows: shape[0], columns: shape[1])
    }
  }
}
