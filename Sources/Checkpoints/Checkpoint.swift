import Kernels
import Tensors

/// A model's weights, understood: the intermediate representation that readers fill, passes rewrite
/// and writers empty.
public struct Checkpoint: Sendable {
  public var architecture: Architecture
  /// The name of the dialect whose names were found; nil if none was.
  public var dialect: String?
  /// In the order of ``Role/order``.
  public var parameters: [Parameter]
  public var buffers: [StoredBuffer]
  /// Second copies of parameters, with equal bytes, which some writers store.
  public var copies: [StoredCopy]
  /// Tensors that are a part of a parameter's values, which are their sum with it.
  public var addends: [StoredCopy] = []
  /// Tensors that the dialect does not know; they are carried, and said.
  public var unmapped: [NamedTensor]
  /// The container as it was read.
  public var container: Container
  public var configuration: Configuration?
  public var diagnostics: [Diagnostic]
  /// Files beside the weights that passes have rewritten, by their names: a vocabulary, a tokenizer.
  public var rewrittenSidecars: [String: [UInt8]] = [:]
  /// Of each row of the word embedding, which row it was in the model that passes began with; nil where none was taken out.
  public var keptTokens: [Int]?
  /// Whether a pass has been over it, so that its tensors are no longer those of ``container``.
  public var isRewritten = false

  public init(
    architecture: Architecture, dialect: String?, parameters: [Parameter], buffers: [StoredBuffer],
    copies: [StoredCopy], unmapped: [NamedTensor], container: Container,
    configuration: Configuration?,
    diagnostics: [Diagnostic]
  ) {
    self.architecture = architecture
    self.dialect = dialect
    self.parameters = parameters
    self.buffers = buffers
    self.copies = copies
    self.unmapped = unmapped
    self.container = container
    self.configuration = configuration
    self.diagnostics = diagnostics
  }

  public func parameter(_ role: Role) -> Parameter? { parameters.first { $0.role == role } }
}

/// How many numbers a model has, by each of the ways of counting that people mean.
public struct Counts: Sendable, Equatable {
  /// Tensors in the file.
  public var tensors = 0
  /// Every element in the file, duplicates and buffers included.
  public var storedElements = 0
  /// What the model must hold: ties once, no buffers, factors as stored, sparse tensors at dense size.
  public var uniqueParameters = 0
  /// Dense shapes of every role, a tie counted at each place of use, no buffers.
  public var logicalParameters = 0
}

extension Checkpoint {
  public var counts: Counts {
    var counts = Counts()
    counts.tensors = container.tensors.count
    counts.storedElements = container.tensors.reduce(0) { $0 + $1.storedCount }
    let loose = unmapped.reduce(0) { $0 + $1.tensor.elementCount }
    counts.uniqueParameters = parameters.reduce(loose) { $0 + $1.storage.uniqueCount }
    counts.logicalParameters = parameters.reduce(loose) {
      $0 + $1.shape.elementCount * uses(of: $1.role)
    }
    counts.logicalParameters += impliedTieCount
    return counts
  }

  /// How many places use a parameter: several for the layers of ALBERT.
  package func uses(of role: Role) -> Int {
    guard case .layer(let index, _) = role.module, let encoder = architecture.encoder,
      encoder.storedLayers > 0, encoder.layers.count > encoder.storedLayers
    else { return 1 }
    return encoder.uses(ofStoredLayer: index)
  }

  /// The elements of a masked-language-model decoder that the file leaves out because it is the word embedding.
  private var impliedTieCount: Int {
    let decoder = Role(.head(.maskedDecoder), .weight)
    guard parameter(Role(.head(.maskedDecoder), .bias)) != nil, parameter(decoder) == nil else {
      return 0
    }
    return parameter(Role(.embedding(.word), .weight))?.shape.elementCount ?? 0
  }
}

extension EncoderArchitecture {
  /// How many times a stored layer is run: once, unless layers are shared.
  ///
  /// The places of a shared model are dealt to its groups in equal, consecutive parts, and each
  /// place runs all inner layers of its group (Lan et al., "ALBERT", 2020).
  func uses(ofStoredLayer index: Int) -> Int {
    let places = layers.count / groupSize
    let groups = storedLayers / groupSize
    return (0..<places).count { $0 * groups / places == index / groupSize }
  }
}
