import ArgumentParser
import Checkpoints
import Recipes
import Tasks
import Tensors
import Training

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Fine-tunes a model on a task, on the CPU.",
    discussion: """
      Learns from the task's train split and holds the model against its dev split after each epoch; the parameters \
      that did best are written. Without such a split a tenth of the examples is held back. A model whose head does not \
      fit the task gets a fresh one. The state of a run is kept beside OUT while it is under way: after a kill, --resume \
      goes on and ends with the same bytes as a run that was never stopped.
      """)

  @Argument(help: ArgumentHelp("A model's folder, or its file of weights.", valueName: "model"))
  var model: String

  @OptionGroup var task: TaskOptions
  @OptionGroup var training: TrainingOptions
  @OptionGroup var result: TrainingOutputOptions
  @OptionGroup var reading: InputOptions
  @OptionGroup var running: RunOptions

  func run() throws {
    try result.run(try training.request(model, on: task, to: result, reading, running), running)
  }
}
