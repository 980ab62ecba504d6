import Checkpoints
import Kernels
import Synchronization
import Tensors

/// Which weights of a matrix are kept: worked out from the weights, piece by piece, whenever it is asked for.
///
/// All that is held is a rule and how many are kept before each of some pieces.
struct PruningMask: Sendable {
  /// Which of the scores are kept.
  enum Rule: Sendable {
    /// Those that a cut does not take, but no zeros.
    case cut(MagnitudeCut)
    /// Of each group of consecutive ones the so many greatest; of equal ones the later.
    case ratio(kept: Int, group: Int)
  }

  private(set) var matrix: PrunableMatrix
  private let rule: Rule
  /// In rows of blocks.
  private let piece: Int
  /// The kept blocks before each piece, and all.
  private var starts: [Int] = [0]

  private init(_ matrix: PrunableMatrix, _ rule: Rule) {
    self.matrix = matrix
    self.rule = rule
    let isWhole =
      matrix.scores.source.pieceSize >= matrix.scores.byteCount
      || matrix.elements.source.pieceSize >= matrix.elements.byteCount
    let rows = matrix.shape.rank == 2 ? matrix.shape[0] : 1
    let rowElements = matrix.shape.elementCount / rows * matrix.block[0]
    piece = max(1, isWhole ? rows : Self.pieceElements / rowElements)
  }

  /// In elements of the matrix.
  private static let pieceElements = 1 << 18

  var rows: Int { matrix.shape.rank == 2 ? matrix.shape[0] : 1 }
  var columns: Int { matrix.shape.lengths.last ?? 1 }
  var blocksDown: Int { rows / matrix.block[0] }
  var blocksAcross: Int { columns / matrix.block[1] }
  /// The blocks that are kept.
  var keptCount: Int { starts.last ?? 0 }

  /// The masks of several matrices, with what they keep counted.
  static func all(
    of matrices: [PrunableMatrix], rules: [Rule], threads: Int
  ) throws -> [PruningMask] {
    var masks = zip(matrices, rules).map { PruningMask($0, $1) }
    let pieces = masks.enumerated().flatMap { index, mask in
      mask.pieces.indices.map { (mask: index, piece: $0) }
    }
    let counts = Mutex(masks.map { [Int](repeating: 0, count: $0.pieces.count) })
    try Workers.forEach(pieces, threads: threads) { [masks] item in
      let mask = masks[item.mask]
      let count = try mask.withKept(mask.pieces[item.piece]) { kept in
        kept.reduce(0) { $0 &+ Int($1) }
      }
      counts.withLock { $0[item.mask][item.piece] = count }
    }
    for (index, counts) in counts.withLock({ $0 }).enumerated() {
      masks[index].starts = counts.reduce(into: [0]) { $0.append($0.last! + $1) }
    }
    return masks
  }

  /// The same mask over weights that make up for those that it takes, where it is known how.
  func compensated() throws -> PruningMask {
    guard matrix.makesUp else { return self }
    var kept = [UInt8](repeating: 0, count: rows * columns)
    let (height, width) = (matrix.block[0], matrix.block[1])
    try withKept(0..<blocksDown) { blocks in
      for index in kept.indices {
        let (row, column) = (index / columns, index % columns)
        kept[index] = blocks[row / height * blocksAcross + column / width]
      }
    }
    var result = self
    result.matrix = try matrix.compensated(keeping: kept)
    return result
  }

  /// In rows of blocks.
  private var pieces: [Range<Int>] {
    stride(from: 0, to: blocksDown, by: piece).map { $0..<min($0 + piece, blocksDown) }
  }

  /// The pieces that hold some of the kept blocks, counted among all that are kept, and how many come before them.
  func pieces(holding kept: Range<Int>) -> (pieces: [Range<Int>], start: Int) {
    guard !kept.isEmpty else { return ([], 0) }
    let first = starts.lastIndex { $0 <= kept.lowerBound }!
    let last = starts.firstIndex { $0 >= kept.upperBound }!
    return (Array(pieces[first..<last]), starts[first])
  }

  /// Lends which blocks of some rows of blocks are kept: 1 or 0 for each.
  func withKept<Result>(
    _ rows: Range<Int>, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) throws -> Result {
    let first = rows.lowerBound * blocksAcross
    let count = rows.count * blocksAcross
    return try withScratch(count) { scratch in
      let kept = scratch.bindMemory(to: UInt8.self)
      try matrix.scores.source.withBytes((first * 4)..<((first + count) * 4)) { bytes in
        guard let scores = bytes.baseAddress else { return }
        switch rule {
        case .cut(let cut): fill(kept, scores, cut, first: first)
        case .ratio(let number, let group): fill(kept, scores, number, of: group)
        }
      }
      return try body(UnsafeBufferPointer(kept))
    }
  }

  /// In two loops without conditions: before the last tie that is taken, and after it.
  private func fill(
    _ kept: UnsafeMutableBufferPointer<UInt8>, _ scores: UnsafeRawPointer, _ cut: MagnitudeCut,
    first: Int
  ) {
    // Zeros go even where the cut leaves some of them.
    let end = cut.key == 0 ? kept.count : min(max(cut.end - first, 0), kept.count)
    for index in 0..<end { kept[index] = Self.key(scores, index) > cut.key ? 1 : 0 }
    for index in end..<kept.count { kept[index] = Self.key(scores, index) >= cut.key ? 1 : 0 }
  }

  private func fill(
    _ kept: UnsafeMutableBufferPointer<UInt8>, _ scores: UnsafeRawPointer, _ number: Int,
    of group: Int
  ) {
    guard group <= 64 else { return fillByOrder(kept, scores, number, of: group) }
    for first in stride(from: 0, to: kept.count, by: group) {
      for index in first..<(first + group) {
        let key = Self.key(scores, index)
        var smaller = 0
        for other in first..<index { smaller += Self.key(scores, other) <= key ? 1 : 0 }
        for other in (index + 1)..<max(first + group, index + 1) {
          smaller += Self.key(scores, other) < key ? 1 : 0
        }
        kept[index] = smaller >= group - number ? 1 : 0
      }
    }
  }

  /// The same where groups are long.
  private func fillByOrder(
    _ kept: UnsafeMutableBufferPointer<UInt8>, _ scores: UnsafeRawPointer, _ number: Int,
    of group: Int
  ) {
    for first in stride(from: 0, to: kept.count, by: group) {
      // The index behind the key: of equal ones the later stay.
      let order = (first..<(first + group)).map { index in
        UInt64(Self.key(scores, index)) << 32 | UInt64(index - first)
      }.sorted()
      for (place, entry) in order.enumerated() {
        kept[first + Int(entry & 0xFFFF_FFFF)] = place < group - number ? 0 : 1
      }
    }
  }

  @inline(__always)
  private static func key(_ scores: UnsafeRawPointer, _ index: Int) -> UInt32 {
    MagnitudeCut.key(scores.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self))
  }
}
