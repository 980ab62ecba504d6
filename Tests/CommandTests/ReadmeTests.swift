import Foundation
import TestSupport
import Testing

/// What the README shows is what happens.
@Suite struct ReadmeTests {
  private let text = try! String(contentsOfFile: "\(Places.root)/README.md", encoding: .utf8)

  /// The fenced blocks, each as its lines.
  private var blocks: [[String]] {
    text.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }.map {
      $0.element.split(separator: "\n").map(String.init)
    }
  }

  @Test func outputsAreCurrent() throws {
    let shown = blocks.first { $0.first == "$ pare inspect samples/sst2-tiny/tf_model.h5" }
    let inspection = try pare("inspect", "samples/sst2-tiny/tf_model.h5")
    #expect(shown?.dropFirst().joined(separator: "\n") == condensed(inspection.output))
    let formats = try pare("formats").output
    #expect(blocks.contains { $0.joined(separator: "\n") == condensed(formats) })
  }

  /// Times differ from run to run and from machine to machine; the rest does not.
  @Test func theEvaluationIsCurrent() throws {
    let command = ["evaluate", "samples/sst2-tiny", "--task", "samples/sentiment"]
    let shown = try #require(
      blocks.first { $0.first == "$ pare \(command.joined(separator: " "))" })
    let output = try runPare(command).output.split(separator: "\n").map(String.init)
    let lines = output.firstIndex { $0.contains("measured") } ?? 0
    #expect(Array(shown.dropFirst().prefix(lines)) == Array(output.prefix(lines)) && lines == 6)
    let labels = { (lines: [String]) in
      lines.map { $0.prefix(17).trimmingCharacters(in: .whitespaces) }
    }
    #expect(labels(Array(shown.dropFirst(1 + lines))) == labels(Array(output.dropFirst(lines))))
  }

  /// Down to the accuracy, below which there are times; columns are as wide as these.
  @Test func theCompressionIsCurrent() throws {
    let shown = try #require(blocks.first { $0.first?.hasPrefix("$ pare compress") ?? false })
    let folder = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/samples", withDestinationPath: "\(Places.root)/samples")
    let command = shown[0].dropFirst("$ pare ".count).split(separator: " ").map(String.init)
    let result = try runPare(command, folder: folder.path)
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(shown.count > 12 && shown.last == "  …")
    let words = { (lines: [String]) in lines.map { $0.split(separator: " ") } }
    #expect(
      words(Array(shown.dropFirst().dropLast())) == words(Array(lines.prefix(shown.count - 2))))
  }

  @Test func theErrorIsWhatACutFileGives() throws {
    let folder = try TemporaryFolder()
    let whole = try bytes(of: Places.sample("bert-tiny/model.safetensors"))
    _ = try folder.file("model.safetensors", Array(whole.dropLast(100)))
    let result = try runPare(["inspect", "model.safetensors"], folder: folder.path)
    let shown = blocks.first { $0.first == "$ pare inspect model.safetensors" }
    #expect(shown?.dropFirst().joined(separator: "\n") == condensed(result.errors))
    #expect(result.status == 3)
  }

  /// The conversions, one after the other, in a folder that holds a `tf_model.h5`.
  @Test func commandsRunAsWritten() throws {
    let folder = try TemporaryFolder()
    for name in ["tf_model.h5", "config.json", "vocab.txt", "tokenizer_config.json"] {
      _ = try folder.file(name, bytes(of: Places.sample("sst2-tiny/\(name)")))
    }
    for name in ["bert_config.json", "vocab.txt"]
      + ["index", "data-00000-of-00001"].map({ "bert_model.ckpt.\($0)" })
    {
      _ = try folder.file(
        "uncased_L-2_H-128_A-2/\(name)", bytes(of: Places.sample("tf-checkpoint/google/\(name)")))
    }
    _ = try folder.file("reviews.tsv", bytes(of: Places.sample("sentiment/dev.tsv")))
    _ = try folder.file("reviews.txt", bytes(of: Places.sample("encoders/sentences.txt")))
    let lines = text.split(separator: "\n").filter { line in
      ["pare", "echo", "cat"].contains { line.hasPrefix("    \($0) ") }
    }
    #expect(lines.count >= 7)
    for line in lines {
      let command = line.dropFirst(4).components(separatedBy: "   ")[0]
        .trimmingCharacters(in: .whitespaces)
        .replacingOccurrences(of: "| less", with: "| cat")
      // The README goes there and back under one name.
      let force = command.hasSuffix("-o tf_model.h5") ? " --force" : ""
      let result = try shell(command + force, folder: folder.path)
      #expect(result.status == 0, "\(command): \(result.errors)")
    }
    #expect(try folder.names("model").contains("vocab.txt"))
    #expect(try folder.names("half").contains("model.safetensors"))
  }

  /// Without blank lines and what a line ends in.
  private func condensed(_ output: String) -> String {
    output.split(separator: "\n").map { String($0.reversed().drop { $0 == " " }.reversed()) }
      .joined(separator: "\n")
  }
}
