import Checkpoints
import Tensors

/// Which heads and neurons to take out of an encoder, so that so much of its work stays and the loss grows least: without training
/// (Kwon et al., "A Fast Post-Training Pruning Framework for Transformers", 2022, algorithm 1 and section 4.2).
///
/// With g the derivatives of single examples' losses by masks, the loss grows by about Σ (Σ_masked g)² over examples. First masks are taken to be
/// independent: the best number of heads is sought, and neurons fill what work is left. Then in each layer masked heads, and neurons, change
/// places with others as long as they are worse together.
struct MaskSearch {
  private let layers: [Layer]

  /// The masks of one stored layer.
  private struct Layer {
    let heads: Masks
    let neurons: Masks
    /// The work of a head and of a neuron, in multiplications of a sequence.
    let costs: (head: Int, neuron: Int)
  }

  /// The work is counted for sequences of this length.
  private static let tokens = 128

  /// - Throws: ``Failure`` if the number of heads is not known, or derivatives of other masks were measured.
  init(of encoder: EncoderArchitecture, _ statistics: Statistics) throws {
    let width = encoder.hidden
    layers = try encoder.storedLayerShapes.enumerated().map { index, shape in
      guard let heads = shape.heads, heads > 0 else {
        throw Shrink.unfit("the number of its heads is not known", layer: index)
      }
      let head = shape.attention / heads
      let runs = encoder.layers.indices.count { encoder.storedLayer(runAs: $0) == index }
      return Layer(
        heads: try Masks(Role(.layer(index, .attentionOutput), .weight), heads, statistics),
        neurons: try Masks(Role(.layer(index, .output), .weight), shape.intermediate, statistics),
        costs: (
          runs * (4 * Self.tokens * width * head + 2 * Self.tokens * Self.tokens * head),
          runs * 2 * Self.tokens * width
        ))
    }
  }

  /// The heads and neurons that stay, in each layer one at least.
  ///
  /// - Throws: ``Failure`` of usage where these alone are more work.
  func plan(keeping share: Double) throws -> WidthPlan {
    let whole = layers.reduce(0) {
      $0 + $1.heads.count * $1.costs.head + $1.neurons.count * $1.costs.neuron
    }
    let budget = Int(share * Double(whole))
    let least = layers.reduce(0) { $0 + $1.costs.head + $1.costs.neuron }
    guard budget >= least else {
      let percent = (Double(least) / Double(whole) * 1000).rounded(.up) / 10
      throw Failure(MaskSearchReason.tooLittle(percent: percent))
    }
    let heads = ranked { $0.heads.scores }
    let neurons = ranked { $0.neurons.scores }
    var best: (score: Double, heads: Int, neurons: Int)?
    for count in layers.count...max(layers.count, heads.count) {
      let chosen = heads.prefix(count)
      var left = budget - chosen.reduce(0) { $0 + layers[$1.layer].costs.head }
      var filled = 0
      for entry in neurons {
        let cost = layers[entry.layer].costs.neuron
        guard left >= cost else { break }
        left -= cost
        filled += 1
      }
      let score = (chosen + neurons.prefix(filled)).reduce(0) { $0 + $1.score }
      if filled >= layers.count, best.map({ score > $0.score }) ?? true {
        best = (score, count, filled)
      }
    }
    let found = best ?? (0, layers.count, layers.count)
    return WidthPlan(
      heads: kept(heads.prefix(found.heads)) { $0.heads },
      neurons: kept(neurons.prefix(found.neurons)) { $0.neurons })
  }

  private struct Entry {
    var score: Double
    var layer: Int
    var index: Int
  }

  /// All masks of a kind: first the one of each layer that matters most, then the others, those that matter most before.
  private func ranked(_ scores: (Layer) -> [Double]) -> [Entry] {
    let all = layers.enumerated().map { layer, masks in
      scores(masks).enumerated().map { Entry(score: $1, layer: layer, index: $0) }
        .sorted { $0.score != $1.score ? $0.score > $1.score : $0.index < $1.index }
    }
    let rest = all.flatMap { $0.dropFirst() }.sorted {
      $0.score != $1.score ? $0.score > $1.score : ($0.layer, $0.index) < ($1.layer, $1.index)
    }
    return all.compactMap(\.first) + rest
  }

  private func kept(_ entries: ArraySlice<Entry>, _ masks: (Layer) -> Masks) -> [[Int]] {
    layers.enumerated().map { layer, own in
      masks(own).rearranged(keeping: entries.filter { $0.layer == layer }.map(\.index))
    }
  }
}

/// The derivatives of examples' losses by the masks of a layer's heads, or of its neurons.
private struct Masks {
  let count: Int
  /// Of each mask one number for each example.
  private let derivatives: [[Float]]
  /// Σ g² over examples.
  let scores: [Double]

  init(_ role: Role, _ count: Int, _ statistics: Statistics) throws {
    guard let (values, found) = try statistics.masks(role) else {
      throw Failure(
        PassReason.unfit(
          pass: Shrink.declaration.name, why: "the statistics hold no '\(role).masks'"),
        at: Place(file: statistics.path))
    }
    guard found == count else {
      throw Failure(
        PassReason.unfit(
          pass: Shrink.declaration.name,
          why: "'\(role).masks' is of \(found) masks where the model has \(count)"),
        at: Place(file: statistics.path))
    }
    self.count = count
    let examples = values.count / count
    derivatives = (0..<count).map { mask in (0..<examples).map { values[$0 * count + mask] } }
    scores = derivatives.map { $0.reduce(0) { $0 + Double($1) * Double($1) } }
  }

  /// As many masks as are given, so that those left out are least worth together: the others are tried one after the other, and of the left out
  /// and the tried one that comes back without which the rest is least (the block diagonal of the Fisher information).
  ///
  /// - Returns: the indices of what stays, ascending.
  func rearranged(keeping chosen: [Int]) -> [Int] {
    let kept = Set(chosen)
    guard kept.count < count, let examples = derivatives.first?.count else {
      return chosen.sorted()
    }
    var masked = (0..<count).filter { !kept.contains($0) }
    var sum = [Double](repeating: 0, count: examples)
    func add(_ mask: Int, _ sign: Double) {
      for (index, value) in derivatives[mask].enumerated() { sum[index] += sign * Double(value) }
    }
    for mask in masked { add(mask, 1) }
    for tried in kept.sorted(by: { (scores[$0], $0) < (scores[$1], $1) }) {
      add(tried, 1)
      masked.append(tried)
      // ‖Σ − g‖² without what is the same for all.
      let gains = masked.map { mask in
        scores[mask]
          - 2
          * zip(sum, derivatives[mask]).reduce(0) { $0 + $1.0 * Double($1.1) }
      }
      let place = gains.indices.min { (gains[$0], $0) < (gains[$1], $1) } ?? masked.count - 1
      add(masked[place], -1)
      masked.remove(at: place)
    }
    let gone = Set(masked)
    return (0..<count).filter { !gone.contains($0) }
  }
}

/// Why no heads and neurons can be chosen.
enum MaskSearchReason: Reason {
  case tooLittle(percent: Double)

  var outcome: Outcome { .usage }

  var description: String {
    switch self {
    case .tooLittle(let percent):
      "shrink: a head and a neuron in each layer are \(percent) % of the work; less cannot be kept"
    }
  }
}
