import ArgumentParser
import Recipes

struct FormatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "formats",
    abstract: "Lists the containers and naming schemes that can be read and written.")

  @Flag(help: "Print JSON (pare.formats/1).")
  var json = false

  func run() throws {
    Console.writeLine(json ? FormatCatalogue.json.text() : FormatCatalogue.text)
  }
}
