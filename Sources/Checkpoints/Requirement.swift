import Tensors

/// A parameter that an encoder needs, or may have, and the shape that it must be of.
public struct Requirement: Sendable, Equatable {
  public var role: Role
  /// Nil where any length will do.
  public var lengths: [Int?]
  public var isOptional: Bool

  public init(_ role: Role, _ lengths: [Int?], isOptional: Bool = false) {
    self.role = role
    self.lengths = lengths
    self.isOptional = isOptional
  }

  public func admits(_ shape: Shape) -> Bool {
    shape.rank == lengths.count
      && zip(shape.lengths, lengths).allSatisfy { $1 == nil || $0 == $1 }
  }

  /// The shape as `[any, 768]`.
  public var shapeDescription: String {
    "[" + lengths.map { $0.map(String.init) ?? "any" }.joined(separator: ", ") + "]"
  }
}

extension EncoderArchitecture {
  /// The parameters of a model of this architecture, in the order of ``Role/order`` within a module.
  public var requirements: [Requirement] {
    embeddingRequirements + layerRequirements + poolerRequirements + headRequirements
  }

  private var embeddingRequirements: [Requirement] {
    let isProjected = family == .electra || family == .albert
    let width = isProjected ? embedding : hidden
    func table(_ part: EmbeddingModule, _ rows: Int) -> Requirement {
      Requirement(Role(.embedding(part), .weight), [rows, width])
    }
    var requirements = [table(.word, vocabulary), table(.position, positions)]
    if hasTypes { requirements.append(table(.type, types)) }
    requirements += norm(.embedding(.norm), width)
    if isProjected {
      let isOptional = family == .electra && embedding == hidden
      requirements += linear(.embedding(.projection), hidden, embedding, isOptional: isOptional)
    }
    return requirements
  }

  private var layerRequirements: [Requirement] {
    var shapes: [LayerShape?] = Array(repeating: nil, count: storedLayers)
    for (place, shape) in layers.enumerated() {
      let stored = storedLayer(runAs: place)
      if shapes.indices.contains(stored), shapes[stored] == nil { shapes[stored] = shape }
    }
    return shapes.enumerated().flatMap { layer($0, $1?.attention, $1?.intermediate) }
  }

  private func layer(_ index: Int, _ attention: Int?, _ intermediate: Int?) -> [Requirement] {
    var requirements = linear(.layer(index, .query), attention, hidden)
    requirements += linear(.layer(index, .key), attention, hidden)
    requirements += linear(.layer(index, .value), attention, hidden)
    requirements += linear(.layer(index, .attentionOutput), hidden, attention)
    requirements += norm(.layer(index, .attentionNorm), hidden)
    requirements += linear(.layer(index, .intermediate), intermediate, hidden)
    requirements += linear(.layer(index, .output), hidden, intermediate)
    return requirements + norm(.layer(index, .outputNorm), hidden)
  }

  private var poolerRequirements: [Requirement] {
    switch family {
    case .distilbert, .electra: []
    case .bert, .roberta, .xlmRoberta, .albert:
      linear(.pooler, hidden, hidden, isOptional: !needsPooler)
    }
  }

  private var needsPooler: Bool {
    switch (family, head) {
    case (.bert, .preTraining), (.bert, .nextSentence), (.bert, .sequenceClassification),
      (.bert, .multipleChoice), (.albert, .preTraining), (.albert, .nextSentence),
      (.albert, .sequenceClassification), (.albert, .multipleChoice),
      (.roberta, .multipleChoice), (.xlmRoberta, .multipleChoice):
      true
    default: false
    }
  }

  private var headRequirements: [Requirement] {
    switch head {
    case .none: []
    case .preTraining: maskedRequirements + linear(.head(.nextSentence), 2, hidden)
    case .maskedLanguageModel: maskedRequirements
    case .nextSentence: linear(.head(.nextSentence), 2, hidden)
    case .sequenceClassification, .tokenClassification, .multipleChoice:
      linear(.head(.classifierDense), hidden, hidden, isOptional: !needsClassifierDense)
        + linear(.head(.classifier), nil, hidden)
    case .questionAnswering: linear(.head(.questionAnswering), nil, hidden)
    case .replacedTokenDetection:
      linear(.head(.discriminatorDense), hidden, hidden) + linear(.head(.discriminator), 1, hidden)
    }
  }

  private var needsClassifierDense: Bool {
    switch (family, head) {
    case (.distilbert, .multipleChoice), (.distilbert, .sequenceClassification),
      (.roberta, .sequenceClassification), (.xlmRoberta, .sequenceClassification),
      (.electra, .sequenceClassification):
      true
    default: false
    }
  }

  /// The decoder's weight is the word embedding unless stored.
  private var maskedRequirements: [Requirement] {
    let width = family == .electra || family == .albert ? embedding : hidden
    return linear(.head(.maskedTransform), width, hidden) + norm(.head(.maskedNorm), width) + [
      Requirement(Role(.head(.maskedDecoder), .weight), [vocabulary, width], isOptional: true),
      Requirement(Role(.head(.maskedDecoder), .bias), [vocabulary]),
      Requirement(Role(.head(.maskedDecoderCopy), .bias), [vocabulary], isOptional: true),
    ]
  }

  private func linear(
    _ module: Module, _ rows: Int?, _ columns: Int?, isOptional: Bool = false
  ) -> [Requirement] {
    [
      Requirement(Role(module, .weight), [rows, columns], isOptional: isOptional),
      Requirement(Role(module, .bias), [rows], isOptional: isOptional),
    ]
  }

  private func norm(_ module: Module, _ width: Int) -> [Requirement] {
    Role.Kind.allCases.map { Requirement(Role(module, $0), [width]) }
  }
}
