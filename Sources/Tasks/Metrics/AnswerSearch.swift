/// What a model says of one window of a context.
public struct AnswerWindow: Sendable {
  /// For each token how well it begins an answer.
  public var startLogits: [Float]
  /// For each token how well it ends an answer.
  public var endLogits: [Float]
  /// For each token its bytes in the context; nil for tokens of the question and special tokens.
  public var ranges: [Range<Int>?]

  /// - Precondition: as many logits as ranges, and at least one: the first token's say that there is no answer.
  public init(startLogits: [Float], endLogits: [Float], ranges: [Range<Int>?]) {
    precondition(!ranges.isEmpty)
    precondition(startLogits.count == ranges.count && endLogits.count == ranges.count)
    self.startLogits = startLogits
    self.endLogits = endLogits
    self.ranges = ranges
  }
}

/// The search for the best answer in the windows of a context, as `postprocess_qa_predictions` of
/// Transformers' run_qa.py does it.
///
/// Candidates join the best starts and the best ends of each window. Where there may be no answer, the
/// least of the windows' scores of none has to be beaten.
public struct AnswerSearch: Sendable {
  /// How many starts, and how many ends, are tried in each window, and how many candidates are kept.
  public var candidates = 20
  /// In tokens.
  public var longest = 30
  /// By how much the score of no answer has to be greater than that of the best answer.
  public var threshold: Float = 0

  public init() {}

  /// The answer's text; empty where there is none, and `empty` where no candidate is left at all.
  ///
  /// - Parameter windows: at least one.
  public func answer(
    in context: String, windows: [AnswerWindow], allowsNoAnswer: Bool
  ) -> String {
    var found = windows.flatMap(candidates)
    let none = windows.map { Candidate(range: 0..<0, $0.startLogits[0], $0.endLogits[0]) }
      .reduce(nil as Candidate?) { least, next in
        least.map { $0.score > next.score ? next : $0 } ?? next
      }
    if allowsNoAnswer, let none { found.append(none) }
    found = Array(found.stablySorted().prefix(candidates))
    if found.allSatisfy({ $0.range.isEmpty }) {
      let isNone = allowsNoAnswer && (none?.score ?? 0) > threshold
      return found.count > 1 || isNone ? "" : "empty"
    }
    guard allowsNoAnswer, let none else { return context.text(at: found[0].range) }
    let best = found.first { !$0.range.isEmpty } ?? found[0]
    return none.score - best.start - best.end > threshold ? "" : context.text(at: best.range)
  }

  private func candidates(in window: AnswerWindow) -> [Candidate] {
    let starts = best(window.startLogits)
    let ends = best(window.endLogits)
    return starts.flatMap { start in
      ends.compactMap { end in
        guard start <= end, end - start < longest, let first = window.ranges[start],
          let last = window.ranges[end], first.lowerBound <= last.upperBound
        else { return nil }
        return Candidate(
          range: first.lowerBound..<last.upperBound, window.startLogits[start],
          window.endLogits[end])
      }
    }
  }

  /// The indices of the greatest logits, the greatest first, of equal ones the last first.
  private func best(_ logits: [Float]) -> [Int] {
    Array(
      logits.indices.sorted { logits[$0] != logits[$1] ? logits[$0] > logits[$1] : $0 > $1 }
        .prefix(candidates))
  }
}

/// A part of the context that may be the answer.
private struct Candidate {
  var range: Range<Int>
  var start: Float
  var end: Float
  var score: Float { start + end }

  init(range: Range<Int>, _ start: Float, _ end: Float) {
    self.range = range
    self.start = start
    self.end = end
  }
}

extension [Candidate] {
  /// By score, the greatest first, equal ones in the order that they have.
  fileprivate func stablySorted() -> [Candidate] {
    enumerated().sorted {
      $0.element.score != $1.element.score
        ? $0.element.score > $1.element.score : $0.offset < $1.offset
    }.map(\.element)
  }
}

extension String {
  /// The text of some bytes of this text.
  fileprivate func text(at range: Range<Int>) -> String {
    String(decoding: Array(utf8.dropFirst(range.lowerBound).prefix(range.count)), as: UTF8.self)
  }
}
