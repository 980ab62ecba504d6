import Checkpoints
import Tensors

/// Which layers stay.
struct LayerPlan {
  /// The stored layers that stay, in order.
  let kept: [Int]
  /// How many places run layers afterwards; more than are kept where layers are shared.
  let places: Int

  /// - Throws: ``Failure`` if there are not so many, or shared layers cannot be taken apart.
  init(of encoder: EncoderArchitecture, _ arguments: PassArguments) throws {
    let count = encoder.layers.count / max(1, encoder.groupSize)
    let isShared = encoder.family == .albert
    if let wanted = arguments.integer("layers") {
      guard wanted <= count else {
        throw Shrink.unfit("cannot keep \(wanted) layers: there are \(count)")
      }
      guard !isShared || wanted == count || encoder.storedLayers == encoder.groupSize else {
        throw Shrink.unfit(
          "layers are shared in \(encoder.storedLayers / encoder.groupSize) groups, which fewer places would deal anew"
        )
      }
      kept = Array(0..<(isShared ? encoder.storedLayers : wanted))
      places = wanted
    } else if let wanted = arguments.integers("keep-layers") {
      if let absent = wanted.first(where: { $0 >= count }) {
        throw Shrink.unfit("cannot keep layer \(absent): there are \(count), counted from 0")
      }
      guard !isShared || wanted.count == count else {
        throw Shrink.unfit("layers are shared, so none can be taken out by its index")
      }
      kept = isShared ? Array(0..<encoder.storedLayers) : wanted
      places = wanted.count
    } else {
      kept = Array(0..<encoder.storedLayers)
      places = count
    }
  }
}

extension Checkpoint {
  /// Whether layers are not those any more that the names of their tensors count.
  var layersAreRenumbered: Bool {
    parameters.contains { parameter in
      guard case .layer(let index, _) = parameter.role.module else { return false }
      let numbers = parameter.name.split(separator: ".").compactMap { Int($0) }
      return numbers.count == 1 && numbers[0] != index
    }
  }

  /// The checkpoint with some of its layers, numbered anew.
  func keeping(_ plan: LayerPlan) throws -> Checkpoint {
    guard var encoder = architecture.encoder else { return self }
    var result = self
    let places = Dictionary(uniqueKeysWithValues: plan.kept.enumerated().map { ($1, $0) })
    result.parameters = parameters.compactMap { parameter in
      guard case .layer(let index, let part) = parameter.role.module else { return parameter }
      guard let place = places[index] else { return nil }
      var moved = parameter
      moved.role = Role(.layer(place, part), parameter.role.kind)
      return moved
    }
    if encoder.family == .albert {
      encoder.layers = Array(encoder.layers.prefix(plan.places * encoder.groupSize))
    } else {
      encoder.layers = plan.kept.map { encoder.layers[$0] }
      encoder.storedLayers = plan.kept.count
    }
    result.architecture = .encoder(encoder)
    result.isRewritten = true
    return result
  }
}
