import Synchronization

/// Memory of matrices that are gone, kept for those to come.
///
/// Batches differ in their number of tokens, so buffers come in a few sizes for each power of two, and one that is a little larger than needed
/// will do: what the system gives anew is cleared first, page by page. What lies idle is held
/// against the greatest need that there has been: beyond a quarter of that, what was longest idle is given to the system.
package final class MatrixPool: Sendable {
  private struct State {
    /// The longest idle first.
    var idle: [FloatBuffer] = []
    var idleCount = 0
    var used = 0
    var mostUsed = 0

    /// The smallest that is large enough, and the last given back of those; none that is larger by more than a quarter.
    func bestFit(for count: Int) -> Int? {
      idle.indices.filter { (count...count + count / 4).contains(idle[$0].count) }
        .min { (idle[$0].count, -$0) < (idle[$1].count, -$1) }
    }
  }

  private let state = Mutex(State())

  package init() {}

  /// A matrix with whatever numbers were there.
  ///
  /// - Throws: `Failure` where there is no memory.
  package func matrix(rows: Int, columns: Int) throws -> Matrix {
    let count = Self.rounded(max(1, rows * columns))
    let buffer = try take(count) ?? FloatBuffer(count: count)
    return Matrix(rows: rows, columns: columns, buffer, from: self)
  }

  /// The bytes of all buffers that are in use, and the most that ever were.
  package var usage: (now: Int, most: Int) { state.withLock { ($0.used * 4, $0.mostUsed * 4) } }

  private func take(_ count: Int) -> FloatBuffer? {
    state.withLock { state in
      let fit = state.bestFit(for: count)
      state.used += fit.map { state.idle[$0].count } ?? count
      state.mostUsed = max(state.mostUsed, state.used)
      guard let fit else {
        trim(&state)
        return nil
      }
      state.idleCount -= state.idle[fit].count
      return state.idle.remove(at: fit)
    }
  }

  func giveBack(_ buffer: FloatBuffer) {
    state.withLock { state in
      state.used -= buffer.count
      state.idleCount += buffer.count
      state.idle.append(buffer)
      trim(&state)
    }
  }

  private func trim(_ state: inout State) {
    while state.used + state.idleCount > state.mostUsed + state.mostUsed / 4, !state.idle.isEmpty {
      state.idleCount -= state.idle.removeFirst().count
    }
  }

  /// At most an eighth more than is needed, in whole cache lines.
  private static func rounded(_ count: Int) -> Int {
    let step = max(16, 1 << max(0, Int.bitWidth - count.leadingZeroBitCount - 4))
    return (count + step - 1) / step * step
  }
}
