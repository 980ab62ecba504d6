import Checkpoints
import Documents
import Tensors

extension Storage {
  /// What a file says of a storage: the grammar, the parameters of schemes, and each stream, in the order of
  /// ``Storage/tensors``.
  ///
  /// - Parameter streams: of the tensors that are still to be named; those that are named are taken away.
  func manifest(_ streams: inout ArraySlice<StoredStream>) -> JSON {
    func next() -> JSON { streams.removeFirst().json }
    switch self {
    case .dense: return next()
    case .sparse(let mask, let values):
      let kept = next()
      return [
        "sparse": [
          "mask": kept, "shape": .shape(mask.denseShape), "block": .shape(mask.block),
          "values": values.manifest(&streams),
        ]
      ]
    case .factorized(let left, let right):
      let first = left.manifest(&streams)
      return ["factorized": ["left": first, "right": right.manifest(&streams)]]
    case .sum(let left, let right):
      let first = left.manifest(&streams)
      return ["sum": ["left": first, "right": right.manifest(&streams)]]
    case .quantized(_, let scheme):
      let codes = next()
      return .object([(scheme.key, .object([("codes", codes)] + scheme.manifest(next)))])
    case .shared: return .null
    }
  }
}

extension QuantizationScheme {
  fileprivate var key: String {
    switch self {
    case .uniform: "uniform"
    case .codebook: "codebook"
    case .product: "product"
    case .rowStep: "row_step"
    }
  }

  fileprivate func manifest(_ next: () -> JSON) -> [(key: String, value: JSON)] {
    switch self {
    case .uniform(let bits, let granularity, _, let zeroPoints, let groupIndex):
      var members: [(key: String, value: JSON)] = [("scales", next())]
      if zeroPoints != nil { members.append(("zero_points", next())) }
      if groupIndex != nil { members.append(("group_index", next())) }
      return [("bits", .integer(bits)), ("per", granularity.json)] + members
    case .codebook(let bits, _): return [("bits", .integer(bits)), ("entries", next())]
    case .product: return [("entries", next())]
    case .rowStep: return [("steps", next())]
    }
  }
}

extension QuantizationScheme.Granularity {
  fileprivate var json: JSON {
    switch self {
    case .tensor: ["tensor"]
    case .axis(let axis): ["axis", .integer(axis)]
    case .group(let size): ["group", .integer(size)]
    case .block(let rows, let columns): ["block", .integer(rows), .integer(columns)]
    }
  }
}
