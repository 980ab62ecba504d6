import Kernels

/// Sequences side by side, without padding: token after token through the panels.
struct Batch {
  let ids: [Int32]
  let types: [Int32]
  let positions: [Int32]
  /// The tokens of each sequence.
  let ranges: [Range<Int>]
  /// The token of each sequence that is read, where one is, among the tokens of the batch.
  let readTokens: [Int]

  init(_ sequences: [TokenSequence], _ settings: EncoderSettings) {
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
    readTokens = zip(sequences, ranges).map { $1.lowerBound + $0.readToken }
  }

  var tokens: Int { ids.count }
  var panels: Int { Activations.panels(tokens: tokens) }
  var longest: Int { ranges.map(\.count).max() ?? 0 }
}

extension EncoderSettings {
  /// The rows of the position embedding that a sequence's tokens take: one after the other, but for
  /// RoBERTa's padding token, which takes none.
  package func positions(of sequence: TokenSequence) -> [Int32] {
    guard let paddingID else { return (0..<sequence.count).map { Int32(firstPosition + $0) } }
    var next = Int32(firstPosition)
    return sequence.ids.map { id in
      guard id != paddingID else { return paddingID }
      defer { next += 1 }
      return next
    }
  }
}
