/// What kind of network the parameters belong to.
public enum Architecture: Sendable, Equatable {
  case encoder(EncoderArchitecture)
  case bilstm(BiLSTMArchitecture)
  case unknown

  public var encoder: EncoderArchitecture? {
    if case .encoder(let encoder) = self { encoder } else { nil }
  }

  public var bilstm: BiLSTMArchitecture? {
    if case .bilstm(let student) = self { student } else { nil }
  }
}

/// The families of transformer encoders.
public enum EncoderFamily: String, Sendable, CaseIterable {
  case bert, roberta
  case xlmRoberta = "xlm-roberta"
  case distilbert, electra, albert
}

/// The shape of a transformer encoder. Layers may differ in heads and in the width of their
/// feed-forward network, as pruned models do.
public struct EncoderArchitecture: Sendable, Equatable {
  public var family: EncoderFamily
  /// The layers as they are run, from the first.
  public var layers: [LayerShape]
  /// How many layers have parameters of their own; fewer than run where they are shared (ALBERT).
  public var storedLayers: Int
  /// How many layers follow one another in a shared group: ALBERT's inner layers, elsewhere 1.
  public var groupSize: Int
  /// The width of the encoder.
  public var hidden: Int
  /// The width of the embeddings, the same as the encoder's unless factorized.
  public var embedding: Int
  public var vocabulary: Int
  public var positions: Int
  public var types: Int
  public var head: Head
  /// The names of the classes, in the order of the classifier's rows.
  public var labels: [String]

  public init(
    family: EncoderFamily, layers: [LayerShape], storedLayers: Int, groupSize: Int = 1,
    hidden: Int, embedding: Int, vocabulary: Int, positions: Int, types: Int, head: Head,
    labels: [String] = []
  ) {
    self.family = family
    self.layers = layers
    self.storedLayers = storedLayers
    self.groupSize = groupSize
    self.hidden = hidden
    self.embedding = embedding
    self.vocabulary = vocabulary
    self.positions = positions
    self.types = types
    self.head = head
    self.labels = labels
  }

  /// Whether there is an embedding of token types: not in DistilBERT, nor in RoBERTa as fairseq has it.
  public var hasTypes: Bool {
    switch family {
    case .distilbert: false
    case .roberta, .xlmRoberta: types > 0
    case .bert, .electra, .albert: true
    }
  }
}

extension EncoderArchitecture {
  /// The width of an attention head; nil where it is not known, or layers differ in it.
  package var headWidth: Int? {
    let widths = Set(
      layers.map { layer in layer.heads.flatMap { $0 > 0 ? layer.attention / $0 : nil } })
    return widths.count == 1 ? widths.first ?? nil : nil
  }

  /// The stored layer that is run at a place among ``layers``.
  ///
  /// The places of a shared model are dealt to its groups in equal, consecutive parts, and each
  /// place runs all inner layers of its group (Lan et al., "ALBERT", 2020).
  package func storedLayer(runAs index: Int) -> Int {
    let size = max(1, groupSize)
    let (groups, places) = (storedLayers / size, max(1, layers.count / size))
    return index / size * groups / places * size + index % size
  }
}

/// The widths of one layer.
public struct LayerShape: Sendable, Equatable {
  /// Nil where neither shapes nor a configuration tell.
  public var heads: Int?
  /// The rows of the query, key and value: heads times the width of a head.
  public var attention: Int
  public var intermediate: Int

  public init(heads: Int?, attention: Int, intermediate: Int) {
    self.heads = heads
    self.attention = attention
    self.intermediate = intermediate
  }
}

/// What stands on the encoder.
public enum Head: String, Sendable, CaseIterable {
  case none
  /// Masked language model and next sentence (or sentence order).
  case preTraining = "pre-training"
  case maskedLanguageModel = "masked-lm"
  case nextSentence = "next-sentence"
  case sequenceClassification = "sequence-classification"
  case tokenClassification = "token-classification"
  case questionAnswering = "question-answering"
  case multipleChoice = "multiple-choice"
  /// ELECTRA's discriminator.
  case replacedTokenDetection = "replaced-token-detection"
}
