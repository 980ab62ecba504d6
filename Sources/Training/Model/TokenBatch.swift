import Encoders

/// Sequences side by side, without padding: a row for each token.
package struct TokenBatch: Sendable {
  package let ids: [Int32]
  package let types: [Int32]
  package let positions: [Int32]
  /// The tokens of each sequence.
  package let ranges: [Range<Int>]

  package init(_ sequences: [TokenSequence], _ settings: EncoderSettings) {
    var ids: [Int32] = []
    var (types, positions): ([Int32], [Int32]) = ([], [])
    var ranges: [Range<Int>] = []
    for sequence in sequences {
      ranges.append(ids.count..<(ids.count + sequence.count))
      ids += sequence.ids
      types += sequence.types
      positions += settings.positions(of: sequence)
    }
    self.ids = ids
    self.types = types
    self.positions = positions
    self.ranges = ranges
  }

  package var tokens: Int { ids.count }
  /// The first token of each sequence.
  package var firstTokens: [Int] { ranges.map(\.lowerBound) }
}
