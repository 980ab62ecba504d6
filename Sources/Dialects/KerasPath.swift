/// A path of attributes in a Keras file, taken out of the task that holds the encoder.
struct KerasPath {
  /// The path as a bare encoder's, or a head's, would be.
  let rest: Substring
  /// Whether it was found within an encoder that is part of something larger.
  let isInBackbone: Bool

  init(_ name: String) {
    let path = (name[...].without(prefix: "/") ?? name[...]).underLayers
    let first = path.without(prefix: "layers/") ?? path
    let component = first.firstComponent
    let isBackbone = component == "backbone" || component.without(suffix: "_backbone") != nil
    if isBackbone, let inside = first.withoutFirstComponent {
      rest = inside.underLayers
      isInBackbone = true
    } else {
      rest = path
      isInBackbone = false
    }
  }
}

extension Substring {
  /// A path below `layers`, whatever the version of Keras called that.
  fileprivate var underLayers: Substring {
    if let rest = without(prefix: "_layer_checkpoint_dependencies/") {
      "layers/" + rest
    } else if hasPrefix("masked_lm_head/") {
      "layers/" + self
    } else {
      self
    }
  }
}
