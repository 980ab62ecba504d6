import Checkpoints
import Encoders
import Kernels
import Tensors

extension TrainableHead {
  /// The stages of a model's own head, as the family's reference implementation has them; nil where it has none.
  init?(
    _ reader: TrainableParameterReader, _ encoder: EncoderArchitecture, _ settings: EncoderSettings,
    _ dropout: DropoutSettings
  ) throws {
    let builder = HeadBuilder(
      reader: reader, encoder: encoder, settings: settings, dropout: dropout)
    switch encoder.head {
    case .none: return nil
    case .sequenceClassification, .multipleChoice:
      self.init(stages: try builder.classifier(), readsFirstTokenOnly: true)
    case .nextSentence:
      self.init(
        stages: [try builder.pooler(), try builder.stage(.nextSentence)], readsFirstTokenOnly: true)
    case .tokenClassification:
      self.init(
        stages: [try builder.stage(.classifier, dropout: dropout.classifier)],
        readsFirstTokenOnly: false)
    case .questionAnswering:
      self.init(
        stages: [try builder.stage(.questionAnswering, dropout: dropout.answers)],
        readsFirstTokenOnly: false)
    case .maskedLanguageModel, .preTraining:
      self.init(stages: try builder.maskedLanguageModel(), readsFirstTokenOnly: false)
    case .replacedTokenDetection:
      self.init(
        stages: [
          try builder.stage(.discriminatorDense, settings.activation),
          try builder.stage(.discriminator),
        ], readsFirstTokenOnly: false)
    }
  }
}

private struct HeadBuilder {
  let reader: TrainableParameterReader
  let encoder: EncoderArchitecture
  let settings: EncoderSettings
  let dropout: DropoutSettings

  func stage(
    _ module: HeadModule, _ activation: ActivationFunction? = nil, dropout: Float = 0
  ) throws -> TrainableHead.Stage {
    TrainableHead.Stage(
      dropout: dropout,
      linear: try reader.linear(.head(module), rows: nil, columns: encoder.hidden),
      activation: activation)
  }

  func pooler() throws -> TrainableHead.Stage {
    TrainableHead.Stage(
      linear: try reader.linear(.pooler, rows: encoder.hidden, columns: encoder.hidden),
      activation: .tanh)
  }

  func classifier() throws -> [TrainableHead.Stage] {
    let first: TrainableHead.Stage =
      switch encoder.family {
      case .bert, .albert: try pooler()
      case .roberta, .xlmRoberta:
        reader.has(.head(.classifierDense))
          ? try stage(.classifierDense, .tanh, dropout: dropout.classifier) : try pooler()
      case .distilbert: try stage(.classifierDense, .relu)
      case .electra: try stage(.classifierDense, .gelu, dropout: dropout.classifier)
      }
    return [first, try stage(.classifier, dropout: dropout.classifier)]
  }

  func maskedLanguageModel() throws -> [TrainableHead.Stage] {
    let isProjected = encoder.family == .electra || encoder.family == .albert
    let width = isProjected ? encoder.embedding : encoder.hidden
    let transform = try reader.linear(
      .head(.maskedTransform), rows: width, columns: encoder.hidden)
    let norm = try reader.norm(.head(.maskedNorm), width: width, epsilon: settings.normEpsilon)
    let decoder = try reader.decoder(vocabulary: encoder.vocabulary, width: width)
    return [
      TrainableHead.Stage(linear: transform, activation: transformActivation, norm: norm),
      TrainableHead.Stage(linear: decoder),
    ]
  }

  /// RoBERTa's and ELECTRA's heads have GELU whatever the encoder has.
  private var transformActivation: ActivationFunction {
    switch encoder.family {
    case .roberta, .xlmRoberta, .electra: .gelu
    case .bert, .distilbert, .albert: settings.activation
    }
  }
}
