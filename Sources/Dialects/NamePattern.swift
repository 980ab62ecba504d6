/// A name with places for a layer's index: `{layer}`; `{group}` and `{inner}`, the index of a
/// group and of a layer in it; or `{_layer}`, which is Keras's: nothing for the first layer, then `_1`.
struct NamePattern {
  let text: String

  init(_ text: String) { self.text = text }

  private enum Place: String {
    case layer, group, inner
    case kerasLayer = "_layer"
  }

  /// What a run of digits in a name must be.
  enum Slot: Equatable {
    case literal(Int)
    case layer
    /// A layer that is not the first.
    case laterLayer
    case inner
  }

  /// The text cut up into places and what is between them.
  ///
  /// - Precondition: whatever stands between braces is a place.
  private func forEachPiece(
    text: (Substring) -> Void, place: (Place) -> Void
  ) {
    var rest = self.text[...]
    while let open = rest.utf8.firstIndex(of: UInt8(ascii: "{")),
      let close = rest.utf8[open...].firstIndex(of: UInt8(ascii: "}"))
    {
      text(rest[..<open])
      place(Place(rawValue: String(rest[rest.utf8.index(after: open)..<close]))!)
      rest = rest[rest.utf8.index(after: close)...]
    }
    text(rest)
  }

  /// The name of a tensor of a layer.
  func filled(layer: Int, groupSize: Int) -> String {
    var name = ""
    forEachPiece {
      name += $0
    } place: {
      switch $0 {
      case .layer: name += String(layer)
      case .kerasLayer: name += layer == 0 ? "" : "_\(layer)"
      case .group: name += String(layer / groupSize)
      case .inner: name += String(layer % groupSize)
      }
    }
    return name
  }

  /// The keys under which the names of the pattern collapse, and what their numbers must be.
  var keys: [(key: String, slots: [Slot])] {
    var keys: [(key: String, slots: [Slot])] = [("", [])]
    func append(_ text: String, _ slots: [Slot]) {
      for index in keys.indices {
        keys[index].key += text
        keys[index].slots += slots
      }
    }
    forEachPiece {
      let collapsed = CollapsedName($0)
      append(collapsed.key, collapsed.numbers.compactMap { $0.map(Slot.literal) })
    } place: {
      switch $0 {
      case .layer, .group: append("#", [.layer])
      case .inner: append("#", [.inner])
      case .kerasLayer: keys += keys.map { ($0.key + "_#", $0.slots + [.laterLayer]) }
      }
    }
    return keys
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
