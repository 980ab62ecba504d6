import Encoders
import Glibc
import Tensors

/// How long something took to compute.
public struct Latency: Sendable, Equatable {
  public let p50Milliseconds: Double
  public let p95Milliseconds: Double
  /// How many sentences were timed.
  public let sentences: Int
}

extension Latency {
  /// Runs sentences one at a time, spread evenly over all of them.
  ///
  /// - Parameter count: how many at most; also no more than fit three seconds.
  /// - Returns: nil where none was to be timed.
  static func measure(
    _ encoder: Encoder, _ sequences: [TokenSequence], count: Int, threads: Int
  ) throws -> Latency? {
    let chosen = min(count, sequences.count)
    guard chosen > 0 else { return nil }
    let session = Session(encoder, threads: threads)
    let places = (0..<chosen).map { $0 * sequences.count / chosen }
    for place in places.prefix(2) { _ = try session.run([sequences[place]]) }
    var times: [Double] = []
    let start = now()
    for place in places {
      let before = now()
      _ = try session.run([sequences[place]])
      let after = now()
      times.append((after - before) * 1000)
      if after - start > 3 { break }
    }
    times.sort()
    return Latency(
      p50Milliseconds: times[times.count / 2],
      p95Milliseconds: times[min(times.count - 1, times.count * 95 / 100)],
      sentences: times.count)
  }
}

/// Seconds of a clock that only goes forward.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
