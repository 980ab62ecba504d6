import ArgumentParser
import Recipes
import Reports
import Tensors

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Puts several models into one table: bytes, bits per weight, parameters, accuracy.",
    discussion: """
      The others are held against the first. With --task each file is run, and a page (-o out.html) has a plot of \
      size against accuracy. What the columns mean is said in pare-report(1).
      """)

  @Argument(help: ArgumentHelp("Files or folders, two or more.", valueName: "model"))
  var models: [String]

  @Flag(help: "Print JSON (pare.compare/1).")
  var json = false

  @OptionGroup var options: ReportOptions

  func validate() throws {
    guard models.count > 1 else { throw ValidationError("compare takes two models or more") }
    if json, options.output != nil {
      throw ValidationError("--json prints; a file's form is said by its ending")
    }
  }

  func run() throws {
    let request = try options.request(models)
    let file = try options.file()
    try file?.check(for: request)
    let measured = try ProgressBar.during(
      "weighing", quiet: options.running.quiet, unit: "values"
    ) { try request.measure(progress: $0) }
    let report = try ProgressBar.during(
      "evaluating", quiet: options.running.quiet, unit: "sentences"
    ) { try request.evaluate(measured, progress: $0) }
    let comparison = ModelComparison(report)
    if let file {
      try file.write(comparison)
    } else {
      Console.write(json ? comparison.json.text() + "\n" : comparison.render(as: .text))
    }
  }
}
