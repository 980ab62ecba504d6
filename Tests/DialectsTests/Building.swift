import Checkpoints
import Dialects
import Documents
import Tensors
import TestSupport

/// A container of tensors in memory, in the order given.
func container(_ tensors: [NamedTensor], _ naming: NameStyle = .flat) -> Container {
  Container(
    format: "memory", files: [], byteCount: tensors.reduce(0) { $0 + $1.tensor.byteCount },
    tensors: tensors, naming: naming)
}

/// A tensor of F32 whose values depend on a seed.
func tensor(_ shape: Shape, seed: String) -> Tensor {
  var state = seed.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
  return Tensor(
    (0..<shape.elementCount).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float(state >> 8) / Float(1 << 24)
    }, shape)
}

/// A configuration of these members.
func configuration(_ document: JSON) throws -> Configuration {
  try Configuration(path: "config.json", document: document)
}

extension EncoderArchitecture {
  /// The smallest model of a family in which no two lengths are the same.
  static func tiny(
    _ family: EncoderFamily, _ head: Head = .none, layers: Int = 3
  ) -> EncoderArchitecture {
    let isProjected = family == .electra || family == .albert
    let shape = LayerShape(heads: 2, attention: 12, intermediate: 20)
    let isShared = family == .albert
    return EncoderArchitecture(
      family: family, layers: Array(repeating: shape, count: isShared ? 8 : layers),
      storedLayers: isShared ? 4 : layers, groupSize: isShared ? 2 : 1, hidden: 12,
      embedding: isProjected ? 6 : 12, vocabulary: 30, positions: 16,
      types: family == .distilbert ? 0 : 2, head: head)
  }

  /// What its config.json would say.
  var document: JSON {
    [
      "model_type": .string(family.rawValue), "architectures": [.string(className)],
      "num_attention_heads": 2, "num_hidden_layers": .integer(layers.count / groupSize),
      "hidden_size": .integer(hidden), "vocab_size": .integer(vocabulary),
    ]
  }

  private var className: String {
    switch head {
    case .none: "Model"
    case .preTraining, .replacedTokenDetection: "ForPreTraining"
    case .maskedLanguageModel: "ForMaskedLM"
    case .nextSentence: "ForNextSentencePrediction"
    case .sequenceClassification: "ForSequenceClassification"
    case .tokenClassification: "ForTokenClassification"
    case .questionAnswering: "ForQuestionAnswering"
    case .multipleChoice: "ForMultipleChoice"
    }
  }

  func checkpoint() -> Checkpoint { Architecture.encoder(self).checkpoint() }

  func written(in dialect: any Dialect, style: NameStyle) -> Container {
    Architecture.encoder(self).written(in: dialect, style: style)
  }
}

extension BiLSTMArchitecture {
  /// The smallest student in which no two lengths are the same.
  static func tiny(_ readout: Readout, classes: Int?) -> BiLSTMArchitecture {
    BiLSTMArchitecture(
      vocabulary: 30, embedding: 6, hidden: 5, projection: 8, classes: classes, readout: readout)
  }

  /// What its config.json would say.
  var document: JSON {
    [
      "model_type": "bilstm", "hidden_size": .integer(hidden), "vocab_size": .integer(vocabulary),
      "embedding_size": .integer(embedding), "projection_size": .integer(projection),
      "readout": .string(readout.rawValue),
    ]
  }
}

extension Architecture {
  /// The smallest models of a family: one with each head, or with each readout.
  static func tiny(_ family: Family) -> [Architecture] {
    switch family {
    case .encoder(let family): Head.allCases.map { .encoder(.tiny(family, $0)) }
    case .bilstm:
      BiLSTMArchitecture.Readout.allCases.map { .bilstm(.tiny($0, classes: 3)) } + [
        .bilstm(.tiny(.maxPool, classes: nil))
      ]
    }
  }

  /// The smallest encoder of a family with a head, or a student, whose readout is its own.
  static func tiny(_ family: Family, _ head: Head) -> Architecture? {
    family.encoder.map { .encoder(.tiny($0, head)) } ?? tiny(family).first
  }

  /// What its config.json would say.
  var document: JSON {
    switch self {
    case .encoder(let encoder): encoder.document
    case .bilstm(let student): student.document
    case .unknown: .object([])
    }
  }

  /// A checkpoint of this architecture; the optional parameters, ties among them, are left out.
  func checkpoint() -> Checkpoint {
    let parameters = requirements.filter { !$0.isOptional }.map { requirement -> Parameter in
      let shape = Shape(requirement.lengths.map { $0 ?? 3 })
      let values = tensor(shape, seed: "\(requirement.role)")
      return Parameter(
        role: requirement.role, name: "\(requirement.role)", storage: .dense(values), shape: shape,
        stored: values)
    }
    return Checkpoint(
      architecture: self, dialect: nil, parameters: parameters, buffers: [], copies: [],
      unmapped: [], container: container([]), configuration: nil, diagnostics: [])
  }

  /// The same, by the names of a dialect; without what that has no place for.
  func written(in dialect: any Dialect, style: NameStyle) -> Container {
    let renaming = checkpoint().renamed(to: dialect, style: style)
    return container(renaming.tensors.map { NamedTensor($0.targetName, $0.tensor.held) }, style)
  }
}

extension Tensor {
  /// The same, with its bytes in memory, whatever they come from.
  var held: Tensor {
    let bytes = (try? allBytes()) ?? []
    return Tensor(elementType, shape, source: MemorySource(bytes))
  }
}

extension Checkpoint {
  /// The problems that are more than notes.
  var problems: [Diagnostic] { diagnostics.filter { $0.severity != .note } }

  /// The tensors that are accounted for, but for buffers.
  var heldCount: Int { parameters.count + unmapped.count + copies.count + addends.count }

  func diagnostics(_ code: Diagnostic.Code) -> [Diagnostic] {
    diagnostics.filter { $0.code == code }
  }
}

extension Role {
  static let wordEmbedding = Role(.embedding(.word), .weight)
  static let decoder = Role(.head(.maskedDecoder), .weight)
  static let decoderBias = Role(.head(.maskedDecoder), .bias)
  static let decoderBiasCopy = Role(.head(.maskedDecoderCopy), .bias)
}
