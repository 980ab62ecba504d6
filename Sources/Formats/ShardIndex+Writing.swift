import Checkpoints
import Documents
import Tensors

extension Container {
  /// Splits tensors as huggingface_hub does: in order, a new file when the next one does not fit.
  ///
  /// - Parameters:
  ///   - size: the most bytes of tensors in one file; nil for one file of any size.
  ///   - stem: how the files' names begin; a single one has nothing else but the ending.
  ///   - measure: what a tensor takes in a file, in bytes.
  func shards(
    of size: Int?, stem: String, ending: String,
    measuredBy measure: (NamedTensor) -> Int = { $0.tensor.byteCount }
  ) -> [(fileName: String, tensors: [NamedTensor])] {
    var groups: [[NamedTensor]] = [[]]
    var filled = 0
    for tensor in tensors {
      let byteCount = measure(tensor)
      if let size, filled > 0, byteCount > size - min(filled, size) {
        groups.append([])
        filled = 0
      }
      groups[groups.count - 1].append(tensor)
      filled += byteCount
    }
    guard groups.count > 1 else { return [("\(stem)\(ending)", groups[0])] }
    return groups.enumerated().map { index, group in
      ("\(stem)-\(padded(index + 1))-of-\(padded(groups.count))\(ending)", group)
    }
  }
}

/// A number as the names of a model's files have it, in five digits.
func padded(_ number: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
}

extension ShardIndex {
  /// An index as transformers writes it: keys sorted, indented by two.
  static func text(of shards: [(fileName: String, tensors: [NamedTensor])]) -> String {
    let places = shards.flatMap { shard in
      shard.tensors.map { (key: $0.name, value: JSON.string(shard.fileName)) }
    }
    let size = shards.flatMap(\.tensors).reduce(0) { $0 + $1.tensor.byteCount }
    let index: JSON = .object([
      ("metadata", ["total_size": .integer(size)]),
      ("weight_map", .object(places.sorted { $0.key.utf8.precedes($1.key.utf8) })),
    ])
    return index.text(pretty: true) + "\n"
  }
}
