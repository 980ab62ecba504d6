/// A name with places for a layer's index: `{layer}`; `{group}` and `{inner}`, the index of a
/// group and of a layer in it; or `{_layer}`, which is Keras's: nothing for the first layer, then `_1`.
struct NamePattern {
  private let pieces: [Piece]

  private enum Piece {
    case text(Substring)
    case place(Place)
  }

  private enum Place: String {
    case layer, group, inner
    case kerasLayer = "_layer"
  }

  /// - Precondition: every name between braces is one of the places.
  init(_ text: String) {
    pieces = text.split(separator: "{", omittingEmptySubsequences: false).enumerated().flatMap {
      index, part -> [Piece] in
      guard index > 0, let close = part.firstIndex(of: "}") else { return [.text(part)] }
      return [
        .place(Place(rawValue: String(part[..<close]))!), .text(part[part.index(after: close)...]),
      ]
    }
  }

  /// The name of a tensor of a layer.
  func filled(layer: Int, groupSize: Int) -> String {
    pieces.reduce(into: "") { name, piece in
      switch piece {
      case .text(let text): name += text
      case .place(.layer): name += String(layer)
      case .place(.kerasLayer): name += layer == 0 ? "" : "_\(layer)"
      case .place(.group): name += String(layer / groupSize)
      case .place(.inner): name += String(layer % groupSize)
      }
    }
  }

  /// What a run of digits in a name must be.
  enum Slot: Equatable {
    case literal(Int)
    case layer
    /// A layer that is not the first.
    case laterLayer
    case inner
  }

  /// The keys under which the names of the pattern collapse, and what their numbers must be.
  var keys: [(key: String, slots: [Slot])] {
    pieces.reduce(into: [(key: "", slots: [])]) { keys, piece in
      switch piece {
      case .text(let text):
        let collapsed = CollapsedName(text)
        let literals = collapsed.numbers.compactMap { $0.map(Slot.literal) }
        keys = keys.map { ($0.key + collapsed.key, $0.slots + literals) }
      case .place(.layer), .place(.group):
        keys = keys.map { ($0.key + "#", $0.slots + [.layer]) }
      case .place(.inner):
        keys = keys.map { ($0.key + "#", $0.slots + [.inner]) }
      case .place(.kerasLayer):
        keys += keys.map { ($0.key + "_#", $0.slots + [.laterLayer]) }
      }
    }
  }
}

extension [NamePattern.Slot] {
  /// The places that numbers of a name give, or nil if they are not those of the pattern.
  func match(_ numbers: [Int?]) -> (layer: Int, inner: Int?)? {
    guard numbers.count == count else { return nil }
    var place: (layer: Int, inner: Int?) = (0, nil)
    for (slot, number) in zip(self, numbers) {
      guard let number else { return nil }
      switch slot {
      case .literal(let expected): guard number == expected else { return nil }
      case .layer: place.layer = number
      case .laterLayer:
        guard number > 0 else { return nil }
        place.layer = number
      case .inner: place.inner = number
      }
    }
    return place
  }
}
