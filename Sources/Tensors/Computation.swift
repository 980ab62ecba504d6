import Synchronization

/// Tensors that one piece of work makes together, such as codes and their scales, done when the first of them is
/// asked for.
///
/// The results of the latest few computations are kept, within ``ComputationCache/limit``; what was
/// given up is worked out again, so the work must give the same bytes each time.
package final class Computation: Sendable {
  private let byteCount: Int
  private let work: @Sendable () throws -> [[UInt8]]
  private let turn = Mutex<Void>(())

  private init(byteCount: Int, _ work: @escaping @Sendable () throws -> [[UInt8]]) {
    self.byteCount = byteCount
    self.work = work
  }

  /// Tensors of the types and shapes given, whose bytes the work returns in the same order.
  package static func tensors(
    _ outlines: [(ElementType, Shape)], _ work: @escaping @Sendable () throws -> [[UInt8]]
  ) -> [Tensor] {
    let counts = outlines.map { $1.byteCount(of: $0) ?? 0 }
    let computation = Computation(byteCount: counts.reduce(0, +), work)
    return outlines.enumerated().map { index, outline in
      Tensor(
        outline.0, outline.1,
        source: ComputedSource(computation: computation, index: index, byteCount: counts[index]))
    }
  }

  /// Several threads that ask at once wait for one to do the work.
  fileprivate func results() throws -> [[UInt8]] {
    try turn.withLock { _ in
      if let known = ComputationCache.shared[self] { return known }
      let results = try work()
      ComputationCache.shared.keep(results, of: self, byteCount: byteCount)
      return results
    }
  }
}

/// One of the tensors of a computation.
private struct ComputedSource: TensorSource {
  let computation: Computation
  let index: Int
  let byteCount: Int

  var pieceSize: Int { max(1, byteCount) }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let bytes = try computation.results()[index]
    precondition(
      bytes.count == byteCount, "a computation gave \(bytes.count) bytes, not \(byteCount)")
    return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}

/// The results of the latest computations.
private final class ComputationCache: Sendable {
  static let shared = ComputationCache()
  /// In bytes; the latest two are kept whatever they take.
  static let limit = 32 << 20

  private struct Entry {
    var key: ObjectIdentifier
    /// Keeps the key from being given to another.
    var owner: Computation
    var results: [[UInt8]]
    var byteCount: Int
  }

  private let entries = Mutex<[Entry]>([])

  subscript(computation: Computation) -> [[UInt8]]? {
    entries.withLock { entries in
      guard let index = entries.firstIndex(where: { $0.key == ObjectIdentifier(computation) })
      else {
        return nil
      }
      let entry = entries.remove(at: index)
      entries.append(entry)
      return entry.results
    }
  }

  func keep(_ results: [[UInt8]], of computation: Computation, byteCount: Int) {
    entries.withLock { entries in
      entries.append(
        Entry(
          key: ObjectIdentifier(computation), owner: computation, results: results,
          byteCount: byteCount))
      var total = entries.reduce(0) { $0 + $1.byteCount }
      while entries.count > 2, total > Self.limit { total -= entries.removeFirst().byteCount }
    }
  }
}
