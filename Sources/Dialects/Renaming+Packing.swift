import Checkpoints
import Tensors

extension Dialect {
  /// Tensors under their new names, with those made one that files hold as one, in the place of the first.
  func packed(_ tensors: [RenamedTensor]) -> [RenamedTensor] {
    let packings = packings.filter(\.isWritten)
    guard !packings.isEmpty else { return tensors }
    func home(of tensor: RenamedTensor) -> (whole: String, index: Int, count: Int)? {
      packings.lazy.compactMap { packing in
        packing.home(of: tensor.targetName).map { ($0.whole, $0.index, packing.parts.count) }
      }.first
    }
    var parts: [String: [RenamedTensor?]] = [:]
    for tensor in tensors {
      guard let home = home(of: tensor) else { continue }
      parts[home.whole, default: Array(repeating: nil, count: home.count)][home.index] = tensor
    }
    let wholes = parts.reduce(into: [:]) { wholes, entry in
      wholes[entry.key] = RenamedTensor(joining: entry.value, as: entry.key)
    }
    return tensors.compactMap { tensor in
      guard let home = home(of: tensor), let whole = wholes[home.whole] else { return tensor }
      return home.index == 0 ? whole : nil
    }
  }
}

extension RenamedTensor {
  /// Parts one under another; nil where one is missing or they do not fit together.
  fileprivate init?(joining parts: [RenamedTensor?], as name: String) {
    let present = parts.compactMap(\.self)
    guard present.count == parts.count, var whole = present.first,
      let tensor = Tensor.joined(present.map(\.tensor))
    else { return nil }
    whole.targetName = name
    whole.sourceName = present.map(\.sourceName).joined(separator: " + ")
    whole.transform = whole.transform.isEmpty ? "join" : "\(whole.transform), join"
    whole.tensor = tensor
    whole.storage = nil
    self = whole
  }
}
