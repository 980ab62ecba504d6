import Checkpoints
import Kernels
import Tensors

/// What stands on an encoder: linear maps one after the other, on one token or on every one.
struct HeadStack: Sendable {
  let stages: [Stage]
  /// Whether one token of a sequence is all that it reads: the first, unless the sequence says another.
  let readsOneToken: Bool

  struct Stage: Sendable {
    let linear: Linear
    var activation: ActivationFunction?
    var norm: Norm?
  }

  var columns: Int { stages.last?.linear.rows ?? 0 }

  /// The same for one token of each sequence.
  func readingOneToken() -> HeadStack { HeadStack(stages: stages, readsOneToken: true) }
}

extension HeadStack {
  /// The stages of a head, as the family's reference implementation has them.
  ///
  /// - Throws: ``Failure`` if the model has no such head.
  init(
    _ head: Head, _ reader: ParameterReader, _ encoder: EncoderArchitecture,
    _ settings: EncoderSettings
  ) throws {
    let builder = StageBuilder(reader: reader, encoder: encoder, settings: settings)
    switch head {
    case .none: throw Failure(EncoderReason.noHead("classification"))
    case .sequenceClassification, .multipleChoice:
      self.init(stages: try builder.classifier(), readsOneToken: true)
    case .nextSentence:
      self.init(
        stages: [try builder.pooler(), try builder.stage(.nextSentence)], readsOneToken: true)
    case .tokenClassification:
      self.init(stages: [try builder.stage(.classifier)], readsOneToken: false)
    case .questionAnswering:
      self.init(stages: [try builder.stage(.questionAnswering)], readsOneToken: false)
    case .maskedLanguageModel, .preTraining:
      self.init(stages: try builder.maskedLanguageModel(), readsOneToken: false)
    case .replacedTokenDetection:
      self.init(
        stages: [
          try builder.stage(.discriminatorDense, settings.activation),
          try builder.stage(.discriminator),
        ], readsOneToken: false)
    }
  }

  /// The pooler alone: a dense layer with tanh on the first token.
  init(
    pooler reader: ParameterReader, _ encoder: EncoderArchitecture, _ settings: EncoderSettings
  ) throws {
    let builder = StageBuilder(reader: reader, encoder: encoder, settings: settings)
    self.init(stages: [try builder.pooler()], readsOneToken: true)
  }
}

private struct StageBuilder {
  let reader: ParameterReader
  let encoder: EncoderArchitecture
  let settings: EncoderSettings

  func stage(_ module: HeadModule, _ activation: ActivationFunction? = nil) throws
    -> HeadStack.Stage
  {
    let linear = try reader.linear(.head(module), rows: nil, columns: encoder.hidden)
    return HeadStack.Stage(linear: linear, activation: activation)
  }

  func pooler() throws -> HeadStack.Stage {
    let linear = try reader.linear(.pooler, rows: encoder.hidden, columns: encoder.hidden)
    return HeadStack.Stage(linear: linear, activation: .tanh)
  }

  func classifier() throws -> [HeadStack.Stage] {
    let first: HeadStack.Stage =
      switch encoder.family {
      case .bert, .albert: try pooler()
      case .roberta, .xlmRoberta:
        reader.has(.head(.classifierDense))
          ? try stage(.classifierDense, .tanh) : try pooler()
      case .distilbert: try stage(.classifierDense, .relu)
      case .electra: try stage(.classifierDense, .gelu)
      }
    return [first, try stage(.classifier)]
  }

  func maskedLanguageModel() throws -> [HeadStack.Stage] {
    let isProjected = encoder.family == .electra || encoder.family == .albert
    let width = isProjected ? encoder.embedding : encoder.hidden
    let transform = try reader.linear(
      .head(.maskedTransform), rows: width, columns: encoder.hidden)
    let norm = try reader.norm(.head(.maskedNorm), width: width, epsilon: settings.normEpsilon)
    let decoder = try reader.decoder(vocabulary: encoder.vocabulary, width: width)
    return [
      HeadStack.Stage(linear: transform, activation: transformActivation, norm: norm),
      HeadStack.Stage(linear: decoder),
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
