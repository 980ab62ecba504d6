import Encoders
import Kernels
import Tasks
import Tensors

/// A model's table of word embeddings, searched for the words that are nearest to a word by the cosine of their vectors.
///
/// The vector of a word of several pieces is the sum of theirs, whose direction is that of the mean. Only plain words are found: never special
/// tokens, nor those that continue a word, nor stop words.
package struct WordNeighbours: Sendable {
  /// The words that may be found, in the order of their ids.
  let words: [String]
  private let tokenizer: Tokenizer
  private let table: [Float]
  private let width: Int
  /// Their vectors, of length 1, `[words, width]`.
  private let directions: DenseWeights
  private let unknown: Int32?

  /// - Parameter table: `[vocabulary, width]`.
  /// - Throws: ``Failure`` if the vocabulary has more tokens than the table rows, or holds no plain word, or the table holds NaN.
  package init(_ tokenizer: Tokenizer, _ table: any RowReader, folder: String) throws {
    guard tokenizer.vocabularySize <= table.rows else {
      throw Failure(
        TaskModelReason.otherVocabulary(tokenizer.vocabularySize, words: table.rows),
        at: Place(file: folder))
    }
    let (width, values) = (table.columns, try table.values())
    guard values.allSatisfy(\.isFinite) else {
      throw Failure(EncoderReason.notFinite, at: Place(file: folder))
    }
    self.tokenizer = tokenizer
    self.table = values
    self.width = width
    unknown = tokenizer.specialTokens.unk
    var words: [String] = []
    var directions: [Float] = []
    for id in 0..<Int32(tokenizer.vocabularySize) {
      guard let word = tokenizer.replacement(id) else { continue }
      let row = values[(Int(id) * width)..<((Int(id) + 1) * width)]
      let direction = Self.direction(row)
      // A vector of zeros has none.
      guard let direction else { continue }
      words.append(word)
      directions += direction
    }
    guard !words.isEmpty else {
      throw Failure(AugmentationReason.noPlainWords, at: Place(file: folder))
    }
    self.words = words
    self.directions = try directions.withUnsafeBufferPointer {
      try DenseWeights(rows: words.count, columns: width, floats: $0)
    }
  }

  private static func direction(_ vector: some Collection<Float>) -> [Float]? {
    let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    guard length > 0 else { return nil }
    return vector.map { Float(Double($0) / length) }
  }

  /// The nearest words to each of some words, the nearest first, itself left out; none where the vocabulary cannot spell it.
  ///
  /// What is found for a word does not depend, to the bit, on the words that it is asked for with.
  package func nearest(
    to spellings: [String], count: Int, threads: Int
  ) throws -> [[String]] {
    let blocks = parts(of: spellings.count, by: Self.wordsPerBlock)
    return try concurrentMap(blocks, threads: threads) { block in
      try nearest(to: spellings[block], count: count)
    }.flatMap { $0 }
  }

  /// Four panels: what they need stays in the second-level cache while the table passes by.
  private static let wordsPerBlock = 4 * Activations.panelWidth

  private func nearest(to spellings: ArraySlice<String>, count: Int) throws -> [[String]] {
    let vectors = spellings.map(vector)
    let (lanes, rows) = (Activations.panelWidth, words.count)
    let panels = Activations.panels(tokens: vectors.count)
    let sizes = (inputs: panels * width * lanes, outputs: panels * rows * lanes)
    var best = vectors.map { _ in BestScores(limit: count) }
    try withScratch((sizes.inputs + sizes.outputs) * 4) { scratch in
      let memory = scratch.bindMemory(to: Float.self).baseAddress!
      let inputs = Activations(base: memory, panelStride: width * lanes)
      let outputs = Activations(base: memory + sizes.inputs, panelStride: rows * lanes)
      memory.update(repeating: 0, count: sizes.inputs)
      for (place, vector) in vectors.enumerated() {
        let lane = inputs.panel(place / lanes) + place % lanes
        for (feature, value) in (vector ?? []).enumerated() { lane[feature * lanes] = value }
      }
      try directions.multiply(
        inputs, tokens: vectors.count, into: outputs, rowBlocks: 0..<directions.rowBlocks,
        bias: nil, adding: false)
      for (place, spelling) in spellings.enumerated() where vectors[place] != nil {
        let scores = outputs.panel(place / lanes) + place % lanes
        for row in 0..<rows where scores[row * lanes] > best[place].threshold {
          if words[row] != spelling { best[place].offer(Int32(row), scores[row * lanes]) }
        }
      }
    }
    return best.map { $0.items.map { words[Int($0)] } }
  }

  /// Nil where a piece is unknown, or all are zeros.
  private func vector(of spelling: String) -> [Float]? {
    let encoding = tokenizer.encode(words: [spelling], limit: nil)
    let pieces = zip(encoding.sequence.ids, encoding.ranges).filter { $1 != nil }.map(\.0)
    guard !pieces.isEmpty, !pieces.contains(where: { $0 == unknown }) else { return nil }
    var sum = [Float](repeating: 0, count: width)
    for piece in pieces {
      let row = Int(piece) * width
      for feature in 0..<width { sum[feature] += table[row + feature] }
    }
    return Self.direction(sum)
  }
}
