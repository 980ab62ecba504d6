import Checkpoints
import Kernels
import Tensors

/// Which columns of left factors, and rows of right ones, stay: those that matter most, by a number for each.
struct RankCut: Cut {
  private let kept: [Role: Gather]

  /// - Returns: nil unless all matrices are products already and the importance of each of their ranks is known.
  /// - Throws: ``Failure`` if one has no more ranks than should stay.
  init?(of matrices: [Parameter], rank: Int, _ statistics: Statistics) throws {
    var kept: [Role: Gather] = [:]
    for parameter in matrices {
      guard case .factorized(let left, let right) = parameter.storage,
        let (shape, scores) = try statistics.importance(parameter.role)
      else { return nil }
      let (rows, columns) = (parameter.shape[0], parameter.shape[1])
      let present = try Storage.rank(left, right, rows: rows, columns: columns)
      guard shape == [present] else { return nil }
      guard rank <= present else {
        throw Failure(
          PassReason.unfit(
            pass: Factorize.declaration.name,
            why: "cannot keep \(rank) ranks: there are \(present)"))
      }
      let ranked = scores.indices.sorted {
        scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1
      }
      kept[parameter.role] = Gather(ranked.prefix(rank).sorted())
    }
    self.kept = kept
  }

  func apply(to checkpoint: Checkpoint) throws -> Checkpoint {
    try checkpoint.replacing { parameter in
      guard let kept = kept[parameter.role],
        case .factorized(let left, let right) = parameter.storage
      else { return nil }
      let (rows, columns) = (parameter.shape[0], parameter.shape[1])
      let rank = try Storage.rank(left, right, rows: rows, columns: columns)
      return parameter.holding(
        .factorized(
          left: try left.taking(rows: nil, columns: kept, of: [rows, rank]),
          right: try right.taking(rows: kept, columns: nil, of: [rank, columns])))
    }
  }
}
