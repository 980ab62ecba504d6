import Checkpoints
import Documents
import Tensors

/// Takes tokens out of a model: rows of the word embedding and of what is tied to it, lines of the vocabulary, and positions.
///
/// Weights, vocabulary files and configuration are rewritten together. A text that holds nothing but kept tokens is cut into
/// the same tokens as before, under new numbers, in the same order.
package struct Trim: Pass {
  package static let declaration = PassDeclaration(
    name: "trim",
    summary: "Removes tokens from the vocabulary, and positions.",
    discussion: """
      The tokens of a corpus stay, or of a list, or of scripts; with a corpus, scripts say which of its tokens. Special and added tokens \
      stay whatever is asked, as do the single characters of what stays, so that every word of these can be spelled, and the \
      parts that merges make a token of. Texts of the corpus give the same tokens as before. vocab.txt, tokenizer.json and \
      the other files of the tokenizer are rewritten with config.json.
      """,
    options: [
      PassOption(
        "corpus", .texts,
        "Keep the tokens that occur in this text file, or in the train split of this task's folder; may be repeated.",
        valueName: "file"),
      PassOption(
        "statistics", .file, "Take the tokens' frequencies from this file of statistics."),
      PassOption(
        "minimum-count", .integer(1...Int.max),
        "How often a token must occur in all of the corpus.", standard: "1"),
      PassOption(
        "size", .integer(1...16_777_215),
        "How many tokens to keep in all, the most frequent ones."),
      PassOption(
        "tokens", .file, "Keep the tokens in this file, one a line, spelled as in the vocabulary."),
      PassOption(
        "scripts", .texts, "Keep the tokens of these Unicode scripts, as latin,greek.",
        valueName: "names"),
      PassOption(
        "positions", .integer(1...1_048_576), "How many tokens the longest text may have."),
    ])

  private let arguments: PassArguments
  private let scripts: Scripts?

  package init(_ arguments: PassArguments) throws {
    let names = arguments.values.map(\.option)
    let sources = ["corpus", "statistics", "tokens", "scripts"]
    guard names.contains(where: (sources + ["positions"]).contains) else {
      throw Failure(PassReason.missing(option: "corpus", pass: Self.declaration.name))
    }
    let isCounted = names.contains("corpus") || names.contains("statistics")
    for name in ["minimum-count", "size"] where names.contains(name) && !isCounted {
      throw Failure(PassReason.missing(option: "corpus", pass: "'\(name)'"))
    }
    if names.contains("corpus"), names.contains("statistics") {
      throw Failure(PassReason.conflict("corpus", "statistics"))
    }
    self.arguments = arguments
    let scripts = arguments.texts("scripts").flatMap { $0.split(separator: ",").map(String.init) }
    self.scripts = scripts.isEmpty ? nil : try Scripts(scripts)
  }

  package func apply(to checkpoint: Checkpoint, in context: PassContext) throws -> Checkpoint {
    let name = Self.declaration.name
    try checkpoint.checkShapes(for: name)
    let positions = try arguments.integer("positions").map {
      let encoder = try checkpoint.soundEncoder(for: name, lacking: "positions")
      return try PositionPlan(tokens: $0, of: encoder, checkpoint.configuration)
    }
    let words = checkpoint.architecture.vocabulary
    var result = checkpoint
    if let positions { result = try result.keeping(positions) }
    let choosesTokens = arguments.values.contains { $0.option != "positions" }
    guard choosesTokens else {
      // Without a tokenizer beside the weights there is nothing that could name another limit.
      let files = try? context.vocabulary().files(
        keeping: nil, limit: arguments.integer("positions"))
      return try result.rewriting(files ?? [:])
    }
    let vocabulary = try context.vocabulary()
    guard vocabulary.count <= words else {
      throw Self.unfit(
        "the vocabulary has \(vocabulary.count) tokens, the word embedding only \(words) rows"
      )
    }
    let choice = try TokenChoice(
      arguments, scripts, vocabulary: vocabulary,
      statistics: context.statistics(arguments.text("statistics"), of: checkpoint),
      rows: words, threads: context.threads)
    let ids = try choice.ids(
      with: checkpoint.configuration?.namedTokens(
        of: checkpoint.architecture.family, below: vocabulary.count) ?? []
    )
    result = try result.keeping(tokens: ids)
    let files = try vocabulary.files(keeping: ids, limit: arguments.integer("positions"))
    return try result.rewriting(files)
  }

  static func unfit(_ why: String) -> Failure {
    Failure(PassReason.unfit(pass: declaration.name, why: why))
  }
}

extension Checkpoint {
  /// The checkpoint with files of its tokenizer rewritten.
  ///
  /// - Throws: ``Failure`` if they were rewritten before, by which they no longer are what is on disk.
  fileprivate func rewriting(_ files: [String: [UInt8]]) throws -> Checkpoint {
    var result = self
    for (name, bytes) in files {
      guard result.rewrittenSidecars.updateValue(bytes, forKey: name) == nil else {
        throw Trim.unfit("\(name) was trimmed before; trim tokens and positions in one step")
      }
    }
    result.isRewritten = true
    return result
  }
}
