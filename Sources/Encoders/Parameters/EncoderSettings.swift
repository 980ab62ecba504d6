import Checkpoints
import Kernels
import Tensors

/// What the shapes of a model do not tell: constants and functions, from its configuration or, where
/// that is silent, as the family's reference implementation has them.
package struct EncoderSettings: Sendable {
  package let activation: ActivationFunction
  package let normEpsilon: Float
  /// The row of the position embedding that the first token takes.
  package let firstPosition: Int
  /// A token that takes no position (RoBERTa): its row is that before the first.
  package let paddingID: Int32?

  /// - Parameter positions: how many rows the position embedding has.
  /// - Throws: ``Failure`` if the configuration says what cannot be, or what is not known here.
  package init(
    _ family: EncoderFamily, _ configuration: Configuration?, dialect: String?, positions: Int
  ) throws {
    if let kind = configuration?.positionKind, kind != "absolute" {
      throw Failure(EncoderReason.positionKind(kind), at: Place(file: configuration?.path))
    }
    if configuration?.isDecoder == true {
      throw Failure(EncoderReason.decoder, at: Place(file: configuration?.path))
    }
    // KerasHub's BERT has the approximation built in; ALBERT was published with it.
    let isApproximate = dialect == "keras-hub-bert" || family == .albert
    activation = try ActivationFunction(
      in: configuration, usual: isApproximate ? .geluTanh : .gelu)
    normEpsilon = try Self.epsilon(family, configuration)
    switch family {
    case .roberta, .xlmRoberta:
      let padding = configuration?.paddingID ?? 1
      guard (0..<max(1, min(positions, 1 << 24))).contains(padding) else {
        throw Failure(
          EncoderReason.setting(
            "pad_token_id", found: "\(padding)",
            expected: "one of the model's \(positions) positions"),
          at: Place(file: configuration?.path))
      }
      paddingID = Int32(padding)
      firstPosition = padding + 1
    case .bert, .distilbert, .electra, .albert:
      paddingID = nil
      firstPosition = 0
    }
  }

  private static func epsilon(
    _ family: EncoderFamily, _ configuration: Configuration?
  ) throws -> Float {
    if family == .distilbert { return 1e-12 }
    try refuse(
      configuration?.wrongNormEpsilon, of: configuration, expected: "a number from 0 to below 1")
    if let said = configuration?.normEpsilon { return Float(said) }
    return family == .roberta || family == .xlmRoberta ? 1e-5 : 1e-12
  }
}

extension ActivationFunction {
  /// The function that a configuration names, or the usual one where it names none.
  ///
  /// - Throws: ``Failure`` if it names one that is not known.
  init(in configuration: Configuration?, usual: ActivationFunction) throws {
    try refuse(configuration?.wrongActivation, of: configuration, expected: "a name")
    guard let name = configuration?.activation else {
      self = usual
      return
    }
    guard let function = ActivationFunction(configured: name) else {
      throw Failure(
        EncoderReason.activation(name, known: ActivationFunction.allCases.map(\.rawValue)),
        at: Place(file: configuration?.path))
    }
    self = function
  }
}

private func refuse(
  _ setting: (name: String, value: String)?, of configuration: Configuration?, expected: String
) throws {
  guard let setting else { return }
  throw Failure(
    EncoderReason.setting(setting.name, found: setting.value, expected: expected),
    at: Place(file: configuration?.path))
}
