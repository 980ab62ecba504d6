import Checkpoints
import Kernels
import Synchronization
import Tensors

/// Which heads and neurons stay in each stored layer that stays.
struct WidthPlan {
  /// The heads of each layer, in order; nil where all stay.
  let heads: [[Int]]?
  /// The neurons of each layer, in order; nil where all stay.
  let neurons: [[Int]]?

  init(heads: [[Int]]?, neurons: [[Int]]?) { (self.heads, self.neurons) = (heads, neurons) }

  /// - Throws: ``Failure`` if a layer has fewer than it should keep, or its heads are not known.
  init(
    of encoder: EncoderArchitecture, layers: LayerPlan, _ arguments: PassArguments,
    importance: Importance
  ) throws {
    let shapes = try layers.kept.map { stored in
      let place = encoder.layers.indices.first { encoder.storedLayer(runAs: $0) == stored }
      guard let place else { throw Shrink.unfit("is never run", layer: stored) }
      return encoder.layers[place]
    }
    let isGlobal = arguments.text("scope") == "global"
    func choose(
      _ option: String, _ what: String, _ present: [Int],
      _ scores: @Sendable (Int, Int) throws -> [Double]
    ) throws -> [[Int]]? {
      guard let wanted = arguments.integers(option) else { return nil }
      let counts = try Self.counts(
        wanted, of: present, layers.kept, what, mayVary: isGlobal)
      guard counts != present else { return nil }
      let scores = try Self.each(Array(zip(layers.kept, present)), importance.threads, scores)
      return isGlobal
        ? Self.best(counts.reduce(0, +), ofAll: scores)
        : zip(scores, counts).map { Self.best($1, of: $0) }
    }
    if arguments.text("heads") != nil, let index = shapes.firstIndex(where: { $0.heads == nil }) {
      throw Shrink.unfit("the number of its heads is not known", layer: layers.kept[index])
    }
    heads = try choose("heads", "heads", shapes.map { $0.heads ?? 0 }) {
      try importance.heads(ofLayer: $0, count: $1)
    }
    neurons = try choose("intermediate", "neurons", shapes.map(\.intermediate)) {
      try importance.neurons(ofLayer: $0, count: $1)
    }
  }

  /// The scores of each layer; what is not a number matters least.
  private static func each(
    _ layers: [(index: Int, count: Int)], _ threads: Int,
    _ scores: @Sendable (Int, Int) throws -> [Double]
  ) throws -> [[Double]] {
    let results = Mutex([[Double]](repeating: [], count: layers.count))
    try Workers.forEach(Array(layers.indices), threads: threads) { place in
      let (index, count) = layers[place]
      let found = try scores(index, count).map { $0.isNaN ? -.infinity : $0 }
      results.withLock { $0[place] = found }
    }
    return results.withLock { $0 }
  }

  /// How many each layer keeps.
  private static func counts(
    _ wanted: [Int], of present: [Int], _ layers: [Int], _ what: String, mayVary: Bool
  ) throws -> [Int] {
    guard wanted.count == 1 || wanted.count == present.count else {
      throw Shrink.unfit("\(wanted.count) numbers of \(what) for \(present.count) layers that stay")
    }
    let counts = wanted.count == 1 ? present.map { _ in wanted[0] } : wanted
    if mayVary {
      let (sum, total) = (counts.reduce(0, +), present.reduce(0, +))
      guard sum <= total else {
        throw Shrink.unfit("cannot keep \(sum) \(what) in all: there are \(total)")
      }
      return counts
    }
    for (index, count) in counts.enumerated() where count > present[index] {
      throw Shrink.unfit(
        "cannot keep \(count) \(what): there are \(present[index])", layer: layers[index])
    }
    return counts
  }

  /// The indices of the greatest scores, in order; of equal ones the first.
  private static func best(_ count: Int, of scores: [Double]) -> [Int] {
    let ranked = scores.indices.sorted {
      scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1
    }
    return ranked.prefix(count).sorted()
  }

  /// The greatest scores of all layers, at least one in each. A layer's scores are divided by their Euclidean norm, without
  /// which those of some layers outweigh all others' (Michel et al., "Are sixteen heads really better than one?", 2019, section 4.1).
  private static func best(_ count: Int, ofAll scores: [[Double]]) -> [[Int]] {
    var kept = scores.map { Set(best(1, of: $0)) }
    var rest: [(score: Double, layer: Int, index: Int)] = []
    for (layer, scores) in scores.enumerated() {
      let norm = scores.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for (index, score) in scores.enumerated() where !kept[layer].contains(index) {
        rest.append((norm > 0 && norm.isFinite ? score / norm : 0, layer, index))
      }
    }
    rest.sort {
      $0.score != $1.score ? $0.score > $1.score : ($0.layer, $0.index) < ($1.layer, $1.index)
    }
    for entry in rest.prefix(max(0, count - scores.count)) { kept[entry.layer].insert(entry.index) }
    return kept.map { $0.sorted() }
  }
}

extension Checkpoint {
  /// The checkpoint with some of its heads and neurons; layers are those that stay already.
  func keeping(_ plan: WidthPlan) throws -> Checkpoint {
    guard var encoder = architecture.encoder else { return self }
    let stored = encoder.layers.indices.map { encoder.storedLayer(runAs: $0) }
    var features: [Gather]?
    if let heads = plan.heads {
      let widths = encoder.storedLayerShapes.map { $0.attention / max(1, $0.heads ?? 1) }
      features = zip(heads, widths).map { Gather($0).times($1) }
    }
    let neurons = plan.neurons?.map { Gather($0) }
    let result = try replacing { parameter in
      guard case .layer(let layer, let part) = parameter.role.module else { return nil }
      switch part {
      case .query, .key, .value: return try parameter.taking(rows: features?[layer])
      case .attentionOutput: return try parameter.taking(columns: features?[layer])
      case .intermediate: return try parameter.taking(rows: neurons?[layer])
      case .output: return try parameter.taking(columns: neurons?[layer])
      case .attentionNorm, .outputNorm: return nil
      }
    }
    for (place, layer) in stored.enumerated() {
      if let heads = plan.heads, let features {
        encoder.layers[place].heads = heads[layer].count
        encoder.layers[place].attention = features[layer].count
      }
      if let neurons { encoder.layers[place].intermediate = neurons[layer].count }
    }
    var shrunk = result
    shrunk.architecture = .encoder(encoder)
    return shrunk
  }
}

extension EncoderArchitecture {
  /// The shapes of the layers that have parameters of their own.
  var storedLayerShapes: [LayerShape] {
    var shapes = Array(
      repeating: LayerShape(heads: nil, attention: 0, intermediate: 0), count: storedLayers)
    for place in layers.indices.reversed() { shapes[storedLayer(runAs: place)] = layers[place] }
    return shapes
  }
}

extension Parameter {
  /// The parameter with some of its rows, and some of the columns of a matrix; nil where all stay.
  func taking(rows: Gather? = nil, columns: Gather? = nil) throws -> Parameter? {
    let columns = shape.rank == 2 ? columns : nil
    guard rows != nil || columns != nil else { return nil }
    var lengths = shape.lengths
    if let rows { lengths[0] = rows.count }
    if let columns { lengths[1] = columns.count }
    return holding(
      try storage.taking(rows: rows, columns: columns, of: shape), shape: Shape(lengths))
  }
}
