import Checkpoints
import Formats

/// What readers of a format want to find beside the tensors of a model, made from the model.
protocol ModelDescription {
  /// - Throws: ``Failure`` if files of the model's folder cannot be read.
  init(of model: Model) throws

  /// For formats that hold such values.
  var attributes: [(key: String, value: Attribute)] { get }
  /// In what readers will do something else than the model, or nothing.
  var notes: [Diagnostic] { get }
  /// Files of the output's folder, which stand in the place of the model's own of the same names.
  var sidecars: [OutputSidecar] { get }
}

extension Format {
  /// What this format's readers want to know; nil where tensors are all.
  var modelDescription: (any ModelDescription.Type)? {
    switch name {
    case GGUFFormat().name: GGUFMetadata.self
    case CTranslate2Format().name: CTranslate2Description.self
    default: nil
    }
  }
}
