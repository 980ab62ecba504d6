import Tensors

/// Why a run is not taken up, or not gone on with.
package enum RunReason: Reason {
  case nothingToResume
  case damaged(String)
  case otherRun
  case missing(String)
  case shape(found: Shape, expected: Shape)
  case busy
  case notFinite(step: Int)
  case exploded(step: Int, loss: Double, from: Double)

  package var outcome: Outcome {
    switch self {
    case .notFinite, .exploded: .checkFailed
    case .busy: .outputNotWritten
    case .nothingToResume, .otherRun: .usage
    case .damaged, .missing, .shape: .badInput
    }
  }

  package var description: String {
    switch self {
    case .nothingToResume: "there is no unfinished run to take up"
    case .damaged(let what): "is no state of a run: \(what)"
    case .otherRun: "is the state of another run: the model, the data or the options differ"
    case .missing(let what): "is no state of this run: it lacks \(what)"
    case .shape(let found, let expected): "has the shape \(found), expected \(expected)"
    case .busy: "another run is at work on it"
    case .notFinite(let step): "the loss is infinite or not a number at step \(grouped(step))"
    case .exploded(let step, let loss, let from):
      "the loss exploded: it is \(significant(loss)) at step \(grouped(step)), and began at \(significant(from))"
    }
  }

  package var hint: String? {
    switch self {
    case .otherRun: "start anew without --resume, or give the same options"
    case .notFinite, .exploded: "a lower learning rate, a longer warm-up, or clipping may help"
    default: nil
    }
  }
}
