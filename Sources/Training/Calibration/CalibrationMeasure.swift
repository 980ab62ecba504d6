/// What calibration measures of a model.
package enum CalibrationMeasure: String, Sendable, CaseIterable {
  /// The second moments and the mean of what each linear is fed.
  case inputs
  /// The squared derivatives of the loss by each weight.
  case fisher
  /// The derivatives of each example's loss by masks of heads and neurons.
  case masks
  /// The squared derivatives of the model's scores by what each linear and the table of words give.
  case sensitivity
}

/// How a model is calibrated.
package struct CalibrationSettings: Sendable {
  package var measures: Set<CalibrationMeasure>
  /// Sequences whose inputs are taken in together.
  package var batchSize = 32
  /// Of the labels that are drawn from the model's predictions.
  package var seed: UInt64 = 42
  package var threads = 1

  package init(_ measures: Set<CalibrationMeasure> = [.inputs]) { self.measures = measures }
}
