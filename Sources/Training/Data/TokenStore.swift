import Encoders

/// Many token sequences, one behind the other in one array: a million sentences take some hundred megabytes.
package struct TokenStore: Sendable {
  private var ids: [Int32] = []
  /// Empty while all are 0.
  private var types: [Int32] = []
  /// Where each sequence ends.
  private var ends: [Int] = []

  package init() {}

  package var count: Int { ends.count }
  package var tokenCount: Int { ids.count }

  package mutating func append(_ sequence: TokenSequence) {
    if types.isEmpty, sequence.types.contains(where: { $0 != 0 }) {
      types = [Int32](repeating: 0, count: ids.count)
    }
    if !types.isEmpty || sequence.types.contains(where: { $0 != 0 }) { types += sequence.types }
    ids += sequence.ids
    ends.append(ids.count)
  }

  package subscript(index: Int) -> TokenSequence {
    let range = range(of: index)
    return types.isEmpty
      ? TokenSequence(ids: Array(ids[range]))
      : TokenSequence(ids: Array(ids[range]), types: Array(types[range]))
  }

  /// The tokens of a sequence among all tokens.
  package func range(of index: Int) -> Range<Int> {
    (index == 0 ? 0 : ends[index - 1])..<ends[index]
  }

  /// In tokens, by sequence.
  package var lengths: [Int32] { ends.indices.map { Int32(range(of: $0).count) } }
}
