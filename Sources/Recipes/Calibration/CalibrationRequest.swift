import Tasks
import Tensors
import Training

/// What a model is to be calibrated on, and what is to be measured.
package struct CalibrationRequest: Sendable {
  package var model: ModelRequest
  package var source: Source
  package var settings = CalibrationSettings()
  /// How many examples are read, chosen at random; nil for all.
  package var limit: Int? = 512
  /// The greatest number of tokens of a sequence; nil for 128, and 384 of answers, and no more than the model's.
  package var maximumLength: Int?
  /// How many examples are set apart from which nothing is measured, for whoever wants to see what came of it; no more than a quarter of all.
  package var heldOut = 0
  /// Files of text, or tasks, of which tokens are counted too.
  package var frequencies: [String] = []
  /// Whether gradients are those against a task's labels, not against labels that are drawn from the model's predictions.
  package var usesLabels = false
  /// Of which examples are read.
  package var seed: UInt64 = 42

  package enum Source: Sendable {
    /// A file of lines.
    case text(String)
    /// The examples of a task; of a folder the split that the request names, or else `train`.
    case task(TaskRequest)

    /// What a path is: a task where it is a folder or has the ending of a task's examples, else text.
    package init(_ path: String) {
      self =
        isFolder(path) || TaskFiles.isExamples(path) && !path.hasSuffix(".txt")
        ? .task(TaskRequest(path)) : .text(path)
    }

    package var path: String {
      switch self {
      case .text(let path): path
      case .task(let task): task.path
      }
    }
  }

  package init(_ source: Source, of model: ModelRequest) {
    self.source = source
    self.model = model
  }
}
