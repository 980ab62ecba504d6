import ArgumentParser
import Recipes
import Reports
import Tensors

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Tells what is in a checkpoint: architecture, parameters by component, types, sizes.",
    discussion: """
      Reads headers only, so that it takes milliseconds whatever the size; --statistics reads all data. \
      A MODEL is a file, an index of shards, or a model's folder. Parameters are counted as the model \
      holds them: ties once, buffers and second copies not.
      """)

  @Argument(help: ArgumentHelp("Files or folders to look into.", valueName: "model"))
  var models: [String]

  @Flag(help: "List the tensors, layer numbers collapsed to '#'.")
  var tensors = false

  @Flag(help: "With --tensors: a line for each tensor of each layer.")
  var full = false

  @Flag(
    help:
      "Read all data: least, greatest and mean value, deviation, zeros, NaN, a histogram, sparsity."
  )
  var statistics = false

  @Flag(help: "Print JSON (pare.inspect/1): one object a line for each model.")
  var json = false

  @OptionGroup var input: InputOptions
  @OptionGroup var running: RunOptions

  func run() throws {
    try input.forEachModel(models) { model, isFirst in
      try show(model, isFirst: isFirst)
      return true
    }
  }

  private func show(_ model: Model, isFirst: Bool) throws {
    let inspection = try ProgressBar.during("reading", quiet: running.quiet) { progress in
      try Inspection(
        of: model.checkpoint, path: model.path, readsData: statistics, threads: running.threadCount,
        progress: progress)
    }
    if json {
      Console.writeLine(inspection.json.text())
    } else {
      if !isFirst { Console.writeLine("") }
      Console.writeLine(
        inspection.text(
          InspectionDetail(tensors: tensors || full, full: full, notes: !running.quiet)))
    }
  }
}
