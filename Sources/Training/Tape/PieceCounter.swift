import Synchronization

/// Which pieces of work have been handed out.
final class PieceCounter: Sendable {
  private let handedOut = Atomic<Int>(0)

  func next(of count: Int) -> Int? {
    let piece = handedOut.wrappingAdd(1, ordering: .relaxed).oldValue
    return piece < count ? piece : nil
  }
}
