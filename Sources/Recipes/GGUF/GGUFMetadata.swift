import Checkpoints
import Documents
import Encoders
import Formats
import Tasks
import Tensors

/// What llama.cpp wants to find beside the tensors of a BERT: its shape from the architecture and the
/// configuration, its vocabulary and its pooling from the model's folder.
///
/// Of a model that was a GGUF, what is not said anew stays.
struct GGUFMetadata: ModelDescription {
  private(set) var attributes: [(key: String, value: Attribute)]
  /// In what llama.cpp will do something else than the model, or nothing.
  private(set) var notes: [Diagnostic] = []
  let sidecars: [OutputSidecar] = []

  init(of model: Model) throws {
    let source = model.checkpoint.container
    attributes = source.format == GGUFFormat().name ? source.attributes : []
    guard let encoder = model.checkpoint.architecture.encoder else { return }
    set(GGUFKeys.architecture, .string(GGUFKeys.bert))
    set("general.type", .string("model"))
    let configuration = model.checkpoint.configuration
    if let name = configuration?.document["_name_or_path"]?.string, splitPath(name).name != "" {
      set("general.name", .string(splitPath(name).name))
    }
    describe(encoder, configuration)
    set(GGUFKeys.fileType, .uint32(0))
    set(GGUFKeys.isCausal, .bool(false))
    try describePooling(of: model, encoder)
    set("general.quantization_version", .uint32(2))
    set(GGUFKeys.types, .integer(encoder.types))
    try describeVocabulary(of: model, size: encoder.vocabulary)
  }

  private mutating func set(_ key: String, _ value: Attribute) {
    if let index = attributes.firstIndex(where: { $0.key == key }) {
      attributes[index].value = value
    } else {
      attributes.append((key, value))
    }
  }

  private mutating func doubt(_ message: String) {
    notes.append(Diagnostic(.warning, .configuration, message))
  }

  // MARK: Shape

  private mutating func describe(_ encoder: EncoderArchitecture, _ configuration: Configuration?) {
    set(GGUFKeys.layers, .integer(encoder.layers.count))
    set(GGUFKeys.positions, .integer(encoder.positions))
    set(GGUFKeys.hidden, .integer(encoder.hidden))
    set(GGUFKeys.intermediate, .integers(encoder.layers.map(\.intermediate)))
    let heads = encoder.layers.compactMap(\.heads)
    if heads.count == encoder.layers.count {
      set(GGUFKeys.heads, .integers(heads))
    } else {
      doubt("the number of attention heads is not known, without which llama.cpp opens no model")
    }
    if encoder.layers.contains(where: { $0.attention != encoder.hidden }) {
      doubt("layers have lost heads, which llama.cpp cannot run")
    }
    set(GGUFKeys.normEpsilon, .float32(Float(configuration?.normEpsilon ?? 1e-12)))
    if let activation = configuration?.activation, activation != "gelu" {
      doubt("llama.cpp will run GELU in the place of '\(printable(activation))'")
    }
    if let kind = configuration?.positionKind, kind != "absolute" {
      doubt("llama.cpp will take positions of the kind '\(printable(kind))' for absolute ones")
    }
  }

  private mutating func describePooling(of model: Model, _ encoder: EncoderArchitecture) throws {
    if encoder.head == .sequenceClassification {
      let classes = model.checkpoint.parameter(Role(.head(.classifier), .weight))?.shape[0] ?? 0
      let labels = encoder.labels.isEmpty ? (0..<classes).map { "LABEL_\($0)" } : encoder.labels
      set(GGUFKeys.labels, .array(.string, labels.map(Attribute.string)))
      set(GGUFKeys.pooling, .integer(GGUFPooling.rank.rawValue))
      return
    }
    guard let modes = try Self.poolingModes(in: model.folder) else { return }
    let known: [Pooling.Mode: GGUFPooling] = [.mean: .mean, .cls: .cls, .lastToken: .last]
    if modes.count == 1, let pooling = known[modes[0]] {
      set(GGUFKeys.pooling, .integer(pooling.rawValue))
    } else {
      let names = modes.map(\.rawValue).joined(separator: ", ")
      doubt("llama.cpp has no pooling by \(names); --pooling chooses one when it is run")
    }
  }

  /// As sentence-transformers has it in the model's folder; nil where there is nothing of it.
  private static func poolingModes(in folder: String) throws -> [Pooling.Mode]? {
    if exists(joinPath(folder, "modules.json")) {
      return try SentencePipeline.pooling(in: folder).modes
    }
    let path = joinPath(folder, "1_Pooling")
    return exists(joinPath(path, "config.json")) ? try SentencePipeline.modes(of: path) : nil
  }

  // MARK: Vocabulary

  private mutating func describeVocabulary(of model: Model, size: Int) throws {
    let known = ["vocab.txt", "tokenizer.json"]
    guard model.sidecars.contains(where: { known.contains($0.name) }) else {
      let count = attributes.first { $0.key == GGUFKeys.tokens }?.value.elements?.count
      if count == nil {
        doubt("no vocabulary lies beside the model, without which llama.cpp opens no model")
      } else if count != size {
        attributes.removeAll { $0.key.hasPrefix("tokenizer.") && $0.key != GGUFKeys.types }
        doubt("the vocabulary is left out, as it is not that of the embedding any more")
      }
      return
    }
    do {
      let foreseen = ForeseenVocabularies()
      let words = try TokenizerVocabulary(folder: try foreseen.holding(model).folder)
      withExtendedLifetime(foreseen) {}
      let vocabulary = try GGUFVocabulary(words, size: size)
      if !words.lowercases {
        doubt("the tokenizer tells upper from lower case; llama.cpp lower-cases every text")
      }
      attributes.removeAll { $0.key.hasPrefix("tokenizer.") && $0.key != GGUFKeys.types }
      attributes += vocabulary.attributes
    } catch let failure as Failure {
      doubt("the vocabulary is left out, without which llama.cpp opens no model: \(failure)")
    }
  }
}

extension Attribute {
  /// A number as most of GGUF's are.
  static func integer(_ value: Int) -> Attribute { .uint32(UInt32(clamping: value)) }

  /// One number where all are the same, else a number for each layer.
  fileprivate static func integers(_ values: [Int]) -> Attribute {
    guard let first = values.first, values.contains(where: { $0 != first }) else {
      return .integer(values.first ?? 0)
    }
    return .array(.int32, values.map { .int32(Int32(clamping: $0)) })
  }
}
