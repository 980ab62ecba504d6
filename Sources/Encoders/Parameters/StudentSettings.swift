import Checkpoints
import Kernels
import Tensors

/// What the shapes of a BiLSTM student do not tell, from its configuration or, where that is silent, as the published students have it.
package struct StudentSettings: Sendable {
  /// Of the projection.
  package let activation: ActivationFunction
  /// The most tokens of a sequence.
  package let tokenLimit: Int

  /// Where a configuration does not say how long a sequence may be.
  private static let usualTokenLimit = 4096

  /// - Throws: ``Failure`` if the configuration names a function that is not known.
  package init(_ configuration: Configuration?, dialect: String?) throws {
    let usual = BiLSTMArchitecture.usualActivation(in: dialect)
    activation = try ActivationFunction(
      in: configuration, usual: ActivationFunction(configured: usual) ?? .gelu)
    tokenLimit = configuration?.positions ?? Self.usualTokenLimit
  }
}
