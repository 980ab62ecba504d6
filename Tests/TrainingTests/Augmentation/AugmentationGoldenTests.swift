import Documents
import Foundation
import Recipes
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Training

/// What `samples/make_augmentation_goldens.py` makes of the same texts with Transformers, PyTorch and NumPy.
@Suite struct AugmentationGoldenTests {
  private static let golden = try! JSON.read(
    Places.sample("augmentation/golden.json"), limit: 1 << 20)

  @Test(arguments: 0..<golden["cases"]!.array!.count)
  func candidatesAndCopiesAreTheReferences(_ index: Int) throws {
    let golden = try #require(Self.golden["cases"]?.array?[index])
    var settings = AugmentationSettings()
    settings.copies = Self.golden["copies"]!.integer!
    settings.probability = Self.golden["probability"]!.number!
    settings.seed = UInt64(Self.golden["seed"]!.integer!)
    settings.candidates = golden["candidates"]!.integer!
    let folders = GoldenFolders()
    let masked = try golden["masked"]?.string.map { try folders.masked($0) }
    let augmenter = try folders.augmenter(
      golden["model"]!.string!, masked: masked, settings, threads: 2)
    let texts = try #require(golden["texts"]?.array)
    let tokenizer = try masked?.tokenizer ?? folders.tokenizer(golden["model"]!.string!)
    let found = texts.map { ReplaceableText($0["text"]!.string!, tokenizer) }
    for (candidates, (text, expected)) in zip(
      try augmenter.candidates(for: found), zip(found, texts))
    {
      let words = try #require(expected["words"]?.array)
      #expect(text.words.map(\.spelling) == words.map { $0["spelling"]!.string! })
      #expect(text.words.map(\.tokens.count) == words.map { $0["pieces"]!.integer! })
      #expect(candidates == words.map { $0["candidates"]!.array!.map { $0.string! } })
    }
    let items = found.enumerated().map { TextAugmenter.Item($1.text, example: $0) }
    #expect(
      try augmenter.copies(of: items) == texts.map { $0["copies"]!.array!.map { $0.string! } })
  }

  @Test(arguments: 0..<golden["words"]!.array!.count)
  func wordsAreTheReferences(_ index: Int) throws {
    let golden = try #require(Self.golden["words"]?.array?[index])
    let tokenizer = try Tokenizer(folder: Places.sample(golden["tokenizer"]!.string!))
    let text = ReplaceableText(golden["text"]!.string!, tokenizer)
    let found = text.words.map {
      JSON.array([
        .integer($0.range.lowerBound), .integer($0.range.upperBound), .string($0.spelling),
      ])
    }
    #expect(JSON.array(found) == golden["words"]!)
  }
}

/// The models of the goldens.
struct GoldenFolders {
  private let temporary = try! TemporaryFolder()

  func tokenizer(_ sample: String) throws -> Tokenizer {
    try Tokenizer(folder: Places.sample(sample))
  }

  func augmenter(
    _ sample: String, masked: MaskedWords? = nil, _ settings: AugmentationSettings,
    threads: Int = 1
  ) throws -> TextAugmenter {
    let model = try Model.open(Places.sample(sample))
    let tokenizer = try Tokenizer(folder: model.folder)
    let neighbours = try WordNeighbours(
      tokenizer, model.checkpoint.wordTable(), folder: model.folder)
    return TextAugmenter(neighbours, tokenizer, masked: masked, settings, threads: threads)
  }

  /// `roberta` is the golden's own model with the vocabulary that it was made for.
  func masked(_ name: String) throws -> MaskedWords {
    let path = name == "roberta" ? try roberta() : Places.sample(name)
    let model = try Model.open(path)
    return try MaskedWords(
      TaskModel(
        model.checkpoint, path: path, folder: model.folder,
        reading: .logitsOfToken(.maskedLanguageModel), compute: .exact, threads: 1))
  }

  private func roberta() throws -> String {
    for file in ["augmentation/roberta-masked-lm", "tokenizers/roberta"].map(Places.sample) {
      for name in try FileManager.default.contentsOfDirectory(atPath: file) {
        _ = try temporary.file(name, bytes(of: "\(file)/\(name)"))
      }
    }
    return temporary.path
  }
}
