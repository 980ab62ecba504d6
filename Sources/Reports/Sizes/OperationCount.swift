import Checkpoints

/// The floating-point operations of a forward pass over one sequence: two for each product with a weight
/// that is stored, and for each of attention's; norms, activations and look-ups are not counted.
///
/// Every layer is counted over all tokens; the pooler and heads over the tokens that they read. Masked-out
/// weights are not multiplied; factors are multiplied one after the other; zeros in a dense matrix are products like
/// any other.
public struct OperationCount: Sendable, Equatable {
  public var operations: Int
  /// The length of the sequence.
  public var tokens: Int

  public init(operations: Int, tokens: Int) {
    self.operations = operations
    self.tokens = tokens
  }
}

extension OperationCount {
  /// Counts from the architecture and the way the matrices are stored; no data is read.
  ///
  /// - Returns: nil where the architecture is not known, or the count is beyond an integer.
  public init?(of checkpoint: Checkpoint, tokens: Int) {
    let weights = Dictionary(
      checkpoint.parameters.map { ($0.role, $0) }, uniquingKeysWith: { first, _ in first })
    var tally = Tally(weights: weights, tokens: tokens)
    switch checkpoint.architecture {
    case .encoder(let encoder): tally.add(encoder)
    case .bilstm(let student): tally.add(student)
    case .unknown: return nil
    }
    guard let products = tally.products, products <= Int.max / 2 else { return nil }
    self.init(operations: 2 * products, tokens: tokens)
  }
}

/// Products added up, with an eye on overflow: shapes come from files.
private struct Tally {
  let weights: [Role: Parameter]
  let tokens: Int
  var products: Int? = 0

  mutating func add(_ encoder: EncoderArchitecture) {
    addEmbeddings()
    for (place, shape) in encoder.layers.enumerated() {
      addLayer(encoder.storedLayer(runAs: place), attention: shape.attention)
    }
    add(.pooler, over: 1)
    addHeads(of: encoder.head)
  }

  mutating func add(_ student: BiLSTMArchitecture) {
    addEmbeddings()
    for direction in Direction.allCases {
      for part in LSTMModule.allCases { add(.lstm(direction, part), over: tokens) }
    }
    let read = student.readout == .perToken ? tokens : 1
    add(.projection, over: read)
    add(.head(.classifier), over: read)
  }

  mutating func addEmbeddings() {
    add(.embedding(.projection), over: tokens)
    for part in [EmbeddingModule.word, .position, .type] {
      let storage = weights[Role(.embedding(part), .weight)]?.storage
      if case .factorized(_, let right)? = storage { add(right.multiplications, over: tokens) }
    }
  }

  mutating func addLayer(_ index: Int, attention width: Int) {
    for part in [
      LayerModule.query, .key, .value, .attentionOutput, .intermediate, .output,
    ] { add(.layer(index, part), over: tokens) }
    // Scores and their product with the values.
    for _ in 0..<2 { add(multiply(width, tokens), over: tokens) }
  }

  mutating func addHeads(of head: Head) {
    let labelled = head == .tokenClassification ? tokens : 1
    for part in HeadModule.allCases {
      switch part {
      case .nextSentence: add(.head(part), over: 1)
      case .classifier, .classifierDense: add(.head(part), over: labelled)
      case .maskedDecoder: addDecoder()
      case .maskedTransform, .questionAnswering, .discriminatorDense, .discriminator:
        add(.head(part), over: tokens)
      case .maskedNorm, .maskedDecoderCopy: break
      }
    }
  }

  /// The decoder of a masked language model, which is the word embedding unless it has a weight of its own.
  private mutating func addDecoder() {
    let decoder = Role(.head(.maskedDecoder), .weight)
    guard weights[Role(.head(.maskedDecoder), .bias)] != nil || weights[decoder] != nil else {
      return
    }
    add(weights[decoder] != nil ? .head(.maskedDecoder) : .embedding(.word), over: tokens)
  }

  mutating func add(_ module: Module, over count: Int) {
    guard let parameter = weights[Role(module, .weight)] else { return }
    var storage = parameter.storage
    if case .shared(let owner) = storage { storage = weights[owner]?.storage ?? storage }
    add(storage.multiplications, over: count)
  }

  private mutating func add(_ multiplications: Int?, over count: Int) {
    guard let sum = products, let product = multiply(multiplications, count) else {
      products = nil
      return
    }
    let (total, overflow) = sum.addingReportingOverflow(product)
    products = overflow ? nil : total
  }

  private func multiply(_ left: Int?, _ right: Int) -> Int? {
    guard let left else { return nil }
    let (product, overflow) = left.multipliedReportingOverflow(by: right)
    return overflow ? nil : product
  }
}

extension Storage {
  /// Products with a scalar for each column of activations.
  fileprivate var multiplications: Int {
    switch self {
    case .dense, .sparse: storedCount
    case .quantized(let codes, .product(let entries)):
      codes.elementCount * (entries.shape.lengths.last ?? 1)
    case .quantized(let codes, _): codes.elementCount
    case .factorized(let left, let right), .sum(let left, let right):
      left.multiplications + right.multiplications
    case .shared: 0
    }
  }
}
