import Encoders
import Tasks
import Tensors
import Training

extension Task {
  /// The task with copies of its examples in which words stand in others' places, behind each; labels stay.
  ///
  /// - Parameters:
  ///   - copies: of each text, at most.
  ///   - model: whose embeddings hold the neighbours of words.
  ///   - masked: finds what stands in the place of a word of one token; nil for neighbours alone.
  /// - Throws: ``Failure`` of usage for tags, answers and similarity; if the model has no whole words.
  func augmented(
    copies: Int, by model: Model, masked: ModelRequest? = nil, seed: UInt64, threads: Int
  ) throws -> Task {
    switch kind {
    case .classification, .pair, .regression: break
    case .tags, .qa, .similarity:
      throw Failure(TrainingRequestReason.noCopies(kind.rawValue), at: Place(file: path))
    }
    var settings = AugmentationSettings()
    settings.copies = copies
    settings.seed = seed
    let augmenter = try TextAugmenter(
      opening: model, masked: try masked.map { try MaskedWords(opening: $0) }, settings,
      threads: threads)
    let items = examples.enumerated().flatMap { index, example in
      ([example.text] + [example.second].compactMap(\.self)).enumerated().map {
        TextAugmenter.Item($0.element, example: index, part: $0.offset)
      }
    }
    var result = self
    result.examples = []
    var last: Int?
    for (item, copies) in zip(items, try augmenter.copies(of: items)) {
      let original = examples[item.example]
      if item.example != last { result.examples.append(original) }
      last = item.example
      for copy in copies {
        var example = original
        if item.part == 0 { example.text = copy } else { example.second = copy }
        result.examples.append(example)
      }
    }
    return result
  }
}

extension TextAugmenter {
  /// - Throws: ``Failure`` if the model has no vocabulary, no word embedding, or no whole words.
  convenience init(
    opening model: Model, masked: MaskedWords? = nil, _ settings: AugmentationSettings,
    threads: Int
  ) throws {
    let tokenizer = try Tokenizer(folder: model.folder)
    let neighbours = try WordNeighbours(
      tokenizer, try model.checkpoint.wordTable(), folder: model.folder)
    self.init(neighbours, tokenizer, masked: masked, settings, threads: threads)
  }
}
