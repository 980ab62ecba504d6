import Checkpoints
import Encoders
import Training

/// How long models take to read some of the text that losses are measured on.
struct ReadingClock: Sendable {
  private let sequences: [TokenSequence]
  private let reading: Reading
  private let threads: Int
  private let before: Encoder
  /// Readings that are timed together, since a single one may be too short.
  private let repeats: Int
  /// Of one reading by the model as it was, in seconds.
  let seconds: Double

  /// - Parameter heldOut: whose text is read.
  init(of checkpoint: Checkpoint, by heldOut: HeldOutLoss) throws {
    sequences = Array(heldOut.sequences.prefix(Self.texts))
    (reading, threads) = (heldOut.reading, heldOut.threads)
    before = try Encoder(checkpoint, reading: reading, threads: threads)
    let (sequences, before, threads) = (sequences, before, threads)
    func time(_ count: Int) throws -> Double {
      try Self.time(before, sequences, threads, repeats: count)
    }
    // The first has pages to touch.
    _ = try time(1)
    repeats = max(1, Int(Self.least / max(1e-6, try time(1))))
    let repeats = repeats
    seconds = try (0..<5).map { _ in try time(repeats) }.min() ?? 0
  }

  private static let texts = 32
  /// What is timed takes at least so many seconds.
  private static let least = 0.01

  /// Pairs of readings behind a number that only points the way, and behind one that is told.
  static let (fewPairs, manyPairs) = (5, 21)

  /// How many times as fast as the model as it was another is. Both are timed in turns, and of each the shortest time counts: what else the machine
  /// does makes times longer, and never shorter.
  func speedup(of checkpoint: Checkpoint, pairs: Int) throws -> Double {
    let after = try Encoder(checkpoint, reading: reading, threads: threads)
    _ = try Self.time(after, sequences, threads, repeats: 1)
    var (longer, shorter) = (Double.infinity, Double.infinity)
    for _ in 0..<pairs {
      longer = min(longer, try Self.time(before, sequences, threads, repeats: repeats))
      shorter = min(shorter, try Self.time(after, sequences, threads, repeats: repeats))
    }
    return longer / shorter
  }

  /// How many operations less another model takes for a sequence of the usual length.
  func savedOperations(of checkpoint: Checkpoint) throws -> Int {
    let tokens = sequences.reduce(0) { $0 + $1.count } / max(1, sequences.count)
    let after = try Encoder(checkpoint, reading: reading, threads: threads)
    return max(0, before.operations(tokens: tokens) - after.operations(tokens: tokens))
  }

  /// Of one reading, in seconds.
  private static func time(
    _ encoder: Encoder, _ sequences: [TokenSequence], _ threads: Int, repeats: Int
  ) throws -> Double {
    let start = now()
    for _ in 0..<repeats { _ = try encoder.outputs(for: sequences, threads: threads) }
    return max(1e-9, now() - start) / Double(repeats)
  }
}
