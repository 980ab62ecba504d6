import Synchronization

/// The model that a chain of passes begins with, known again by its fingerprint, which is worked out once.
///
/// Statistics that were measured on it hold for later passes too: what a matrix was fed before others were changed is what it should go by.
public final class ChainOrigin: Sendable {
  private let checkpoint: Checkpoint
  private let known = Mutex<String?>(nil)

  public init(_ checkpoint: Checkpoint) { self.checkpoint = checkpoint }

  /// Whether statistics were measured on the model.
  func isDescribed(by statistics: Statistics) throws -> Bool {
    guard let model = statistics.model else { return true }
    return try known.withLock { known in
      if let known { return known == model }
      let found = try checkpoint.fingerprint()
      known = found
      return found == model
    }
  }
}
