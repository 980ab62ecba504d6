import Checkpoints
import Tasks
import Tensors
import Training

/// What to train, on what, how, and where the result goes.
package struct TrainingRequest: Sendable {
  package var model: ModelRequest
  /// A folder with a split for each file, or the file of examples.
  package var task: TaskRequest
  /// The split that is learned from, where the task is a folder.
  package var trainingSplit = "train"
  /// Which of the examples are held back, where there is no split for evaluations.
  package var validationShare = 0.1
  package var settings = TrainingSettings()
  /// Parameters that stay as they are.
  package var frozen = [String]()
  /// What floating-point values are written as.
  package var elementType = ElementType.f32
  package var output: Destination
  package var format: String?
  package var replaces = false
  package var resumes = false
  /// A copy of the run's metrics; nil for none.
  package var metrics: String?

  package init(_ model: ModelRequest, on task: TaskRequest, output: Destination) {
    self.model = model
    self.task = task
    self.output = output
  }

  /// Where the run's state lies while it is under way: beside the output, hidden.
  package var folder: String {
    var path = output.path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    let (parent, name) = splitPath(path)
    return joinPath(parent, ".\(name).pare-run")
  }
}
