import Checkpoints
import Kernels
import Tensors

/// What the shapes of a model do not tell: constants and functions, from its configuration or, where
/// that is silent, as the family's reference implementation has them.
struct EncoderSettings {
  let activation: ActivationFunction
  let normEpsilon: Float
  /// The row of the position embedding that the first token takes.
  let firstPosition: Int
  /// A token that takes no position (RoBERTa): its row is that before the first.
  let paddingID: Int32?

  init(_ family: EncoderFamily, _ configuration: Configuration?, dialect: String?) throws {
    if let kind = configuration?.positionKind, kind != "absolute" {
      throw Failure(EncoderReason.positionKind(kind), at: Place(file: configuration?.path))
    }
    activation = try Self.activation(family, configuration, dialect)
    normEpsilon = Self.epsilon(family, configuration)
    switch family {
    case .roberta, .xlmRoberta:
      let padding = min(max(0, configuration?.paddingID ?? 1), 1 << 20)
      paddingID = Int32(padding)
      firstPosition = padding + 1
    case .bert, .distilbert, .electra, .albert:
      paddingID = nil
      firstPosition = 0
    }
  }

  private static func activation(
    _ family: EncoderFamily, _ configuration: Configuration?, _ dialect: String?
  ) throws -> ActivationFunction {
    guard let name = configuration?.activation else {
      // KerasHub's BERT has the approximation built in; ALBERT was published with it.
      return dialect == "keras-hub-bert" || family == .albert ? .geluTanh : .gelu
    }
    guard let function = ActivationFunction(configured: name) else {
      throw Failure(
        EncoderReason.activation(name, known: ActivationFunction.allCases.map(\.rawValue)),
        at: Place(file: configuration?.path))
    }
    return function
  }

  private static func epsilon(_ family: EncoderFamily, _ configuration: Configuration?) -> Float {
    if family == .distilbert { return 1e-12 }
    if let said = configuration?.normEpsilon, said >= 0, said < 1 { return Float(said) }
    return family == .roberta || family == .xlmRoberta ? 1e-5 : 1e-12
  }
}
