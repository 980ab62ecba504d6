import Glibc
import Tensors

/// How the learning rate goes through a run, as a share of its peak.
///
/// It rises from 0 in a straight line for the warm-up, then follows its shape to the end of the run. At each rewind the shape
/// begins anew, and goes as far as the next one. Steps count from 0, as in Transformers: a run with warm-up makes its first step at a rate of 0.
package struct RateSchedule: Sendable, Equatable {
  package var shape: Shape
  package var warmup: RunLength
  /// When the shape begins anew, ascending.
  package var rewinds: [RunLength]

  package init(
    _ shape: Shape, warmup: RunLength = .steps(0), rewinds: [RunLength] = []
  ) {
    self.shape = shape
    self.warmup = warmup
    self.rewinds = rewinds
  }

  /// What the rate follows between warm-up, rewinds and end.
  package enum Shape: Sendable, Equatable {
    case constant
    /// A straight line down to a share of the peak.
    case linear(end: Double)
    /// Half a cosine down to a share of the peak.
    case cosine(end: Double)
    /// So many half cosines of equal length, each from the peak, as Transformers' hard restarts.
    case cosineCycles(Int, end: Double)
    /// Half cosines, the first of a length, each so many times longer than the one before, and from a peak that is
    /// multiplied each time (Loshchilov and Hutter, "SGDR", 2017).
    case cosineRestarts(first: RunLength, longer: Double, high: Double, end: Double)
    /// Straight lines down to a share of the peak, each of a length, the first of another (Kurtic et al., "The Optimal
    /// BERT Surgeon", 2022).
    case cyclic(period: RunLength, first: RunLength?, end: Double)
  }

  /// The rate at a step of a run, counted from 0, for a peak.
  package func rate(at step: Int, of clock: RunClock, peak: Double = 1) -> Double {
    let warmup = warmup.steps(in: clock)
    if step < warmup { return peak * Double(max(0, step)) / Double(warmup) }
    var (start, end) = (warmup, max(clock.steps, warmup))
    for rewind in rewinds.map({ $0.steps(in: clock) }).sorted() where rewind > warmup {
      if rewind <= step { start = rewind } else { end = min(end, rewind) }
    }
    let stretch = Stretch(position: step - start, length: max(1, end - start), clock: clock)
    return peak * shape.height(in: stretch)
  }
}

/// A place between warm-up, rewinds and end.
private struct Stretch {
  let position: Int
  let length: Int
  let clock: RunClock

  /// From 0 to 1.
  var progress: Double { min(1, Double(position) / Double(length)) }
}

extension RateSchedule.Shape {
  fileprivate func height(in stretch: Stretch) -> Double {
    let progress = stretch.progress
    switch self {
    case .constant: return 1
    case .linear(let end): return end + (1 - end) * (1 - progress)
    case .cosine(let end): return halfCosine(progress, from: 1, to: end)
    case .cosineCycles(let count, let end):
      if progress >= 1 { return end }
      let cycles = Double(count) * progress
      return halfCosine(cycles - cycles.rounded(.down), from: 1, to: end)
    case .cosineRestarts(let first, let longer, let high, let end):
      var (position, height) = (Double(stretch.position), 1.0)
      var length = Double(max(1, first.steps(in: stretch.clock)))
      if longer == 1 {
        height = pow(high, (position / length).rounded(.down))
        position = position.truncatingRemainder(dividingBy: length)
      }
      while position >= length {
        position -= length
        length *= longer
        height *= high
      }
      return halfCosine(position / length, from: max(height, end), to: end)
    case .cyclic(let period, let first, let end):
      let period = max(1, period.steps(in: stretch.clock))
      let lead = first.map { max(1, $0.steps(in: stretch.clock)) } ?? period
      let place =
        stretch.position < lead
        ? Double(stretch.position) / Double(lead)
        : Double((stretch.position - lead) % period) / Double(period)
      return 1 + (end - 1) * place
    }
  }
}

private func halfCosine(_ progress: Double, from high: Double, to low: Double) -> Double {
  low + (high - low) * (1 + cos(.pi * progress)) / 2
}
