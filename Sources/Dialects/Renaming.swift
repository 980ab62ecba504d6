import Checkpoints
import Tensors

/// A model's tensors by the names of a dialect, ready to be written.
public struct Renaming: Sendable {
  /// In the order of the dialect's files.
  public var tensors: [RenamedTensor]
  /// What the dialect has no place for: an output without these is not the whole model.
  public var unplaced: [UnplacedTensor]
  /// Roles that the usual reader of such files wants to find and that the model does not have.
  public var lacking: [Role]
}

/// A tensor under its new name.
public struct RenamedTensor: Sendable {
  public var role: Role
  public var sourceName: String
  public var targetName: String
  /// What is done to its elements' order and its shape, such as `transpose`; empty for nothing.
  public var transform: String
  /// As it is to be stored.
  public var tensor: Tensor
  /// How it is composed, where it is more than the tensor itself.
  public var storage: Storage?
}

/// A tensor that a dialect has no place for.
public struct UnplacedTensor: Sendable {
  /// Nil for a tensor that was not understood.
  public var role: Role?
  /// The name and the tensor as they were read.
  public var name: String
  public var tensor: Tensor
  /// How it is composed, where it is more than the tensor itself.
  public var storage: Storage?
  public var reason: UnplacedReason
}

/// Why a dialect has no place for a tensor.
public enum UnplacedReason: Sendable, Equatable {
  /// Its role is not known.
  case unmapped
  /// The dialect has no name for the role in such a model.
  case unnamed
  /// It must be divided into heads, and their number is not known or does not divide it.
  case headsUnknown
}

extension Checkpoint {
  /// The model by the names of a dialect, as they are built in containers of a style.
  ///
  /// Ties are left out, and buffers and second copies as they were read; but what the dialect's files
  /// hold twice (``Dialect/repetitions(in:style:)``) is in them twice. Where the layouts of source and
  /// target are the same, the tensors are those that were read. No tensor's data are read.
  public func renamed(to dialect: any Dialect, style: NameStyle) -> Renaming {
    var renaming = Renaming(
      tensors: [], unplaced: unmapped.map { UnplacedTensor($0) }, lacking: [])
    guard architecture != .unknown else { return renaming }
    let target = Target(dialect: dialect, architecture: architecture, style: style)
    var ordered: [(order: [Int], tensor: RenamedTensor)] = []
    for parameter in parameters {
      switch target.rename(parameter) {
      case .renamed(let tensor): ordered.append((dialect.order(of: parameter.role), tensor))
      case .unplaced(let reason): renaming.unplaced.append(UnplacedTensor(parameter, reason))
      case .tied: break
      }
    }
    let names = Set(ordered.map(\.tensor.targetName))
    for repetition in dialect.repetitions(in: architecture, style: style)
    where !names.contains(repetition.place.name) {
      if let zeros = repetition.zeros {
        let type = parameter(repetition.role)?.elementType ?? parameters.first?.elementType
        if let tensor = RenamedTensor(zeros, of: type ?? .f32, at: repetition) {
          ordered.append((repetition.order, tensor))
        }
      } else if let parameter = parameter(repetition.role),
        case .renamed(let tensor) = target.rename(parameter, to: repetition.place)
      {
        ordered.append((repetition.order, tensor))
      }
    }
    renaming.tensors = dialect.packed(
      ordered.sorted { $0.order.lexicographicallyPrecedes($1.order) }.map(\.tensor))
    let present = Set(parameters.map(\.role))
    renaming.lacking = dialect.expectedRoles(in: architecture).filter { !present.contains($0) }
    return renaming
  }
}

extension RenamedTensor {
  /// Zeros in a place; nil where they would be more than those of any vector.
  fileprivate init?(_ shape: Shape, of type: ElementType, at repetition: Repetition) {
    let type = type.isFloat ? type : .f32
    guard let count = shape.byteCount(of: type), count <= Self.zerosLimit else { return nil }
    self.init(
      role: repetition.role, sourceName: "zeros", targetName: repetition.place.name, transform: "",
      tensor: Tensor(type, shape, source: MemorySource([UInt8](repeating: 0, count: count))),
      storage: nil)
  }

  private static let zerosLimit = 1 << 24
}

extension UnplacedTensor {
  fileprivate init(_ unmapped: NamedTensor) {
    self.init(
      role: nil, name: unmapped.name, tensor: unmapped.tensor, storage: unmapped.storage,
      reason: .unmapped)
  }

  fileprivate init(_ parameter: Parameter, _ reason: UnplacedReason) {
    self.init(
      role: parameter.role, name: parameter.name, tensor: parameter.stored,
      storage: parameter.storage.dense == nil ? parameter.storage : nil, reason: reason)
  }
}

/// Where renamed tensors go.
private struct Target {
  let dialect: any Dialect
  let architecture: Architecture
  let style: NameStyle
  private let headsOfStoredLayers: [Int: Int]

  init(dialect: any Dialect, architecture: Architecture, style: NameStyle) {
    self.dialect = dialect
    self.architecture = architecture
    self.style = style
    headsOfStoredLayers = architecture.encoder?.headsOfStoredLayers ?? [:]
  }

  enum Outcome {
    case renamed(RenamedTensor)
    case unplaced(UnplacedReason)
    case tied
  }

  /// - Parameter place: another than the parameter's own.
  func rename(_ parameter: Parameter, to place: NamedPlace? = nil) -> Outcome {
    if case .shared = parameter.storage { return .tied }
    let role = parameter.role
    let tensor = parameter.storage.tensor(of: parameter.shape, as: parameter.elementType)
    guard let place = place ?? dialect.place(of: role, in: architecture, style: style) else {
      return .unplaced(.unnamed)
    }
    let heads = role.module.layerIndex.flatMap { headsOfStoredLayers[$0] }
    guard let stored = place.layout.stored(tensor, heads: heads) else {
      return .unplaced(.headsUnknown)
    }
    let isComposed = parameter.storage.dense == nil && place.layout == .asIs
    return .renamed(
      RenamedTensor(
        role: role, sourceName: parameter.name, targetName: place.name,
        transform: parameter.layout.transform(to: place.layout), tensor: stored,
        storage: isComposed ? parameter.storage : nil))
  }
}

extension EncoderArchitecture {
  /// By the indices of layers; none for those of which it is not known.
  fileprivate var headsOfStoredLayers: [Int: Int] {
    let heads = layers.enumerated().compactMap { place, layer in
      layer.heads.map { (storedLayer(runAs: place), $0) }
    }
    return Dictionary(heads, uniquingKeysWith: { first, _ in first })
  }
}
