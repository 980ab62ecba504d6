import Kernels
import Tensors

/// A naming scheme: maps names to roles and back through one table.
///
/// Adding one is one file and one line in the list of dialects.
public protocol Dialect: Sendable {
  /// The name on the command line.
  var name: String { get }
  /// One line for `pare formats`.
  var summary: String { get }
  /// The families whose models it can name.
  var families: [EncoderFamily] { get }

  /// What a tensor of that name is, or nil if the dialect does not know it.
  func meaning(of name: String, in container: Container) -> Meaning?

  /// What a parameter is called, and how it is laid out, in files of a style.
  ///
  /// - Returns: nil where the dialect has no place for the role.
  func place(of role: Role, in architecture: EncoderArchitecture, style: NameStyle) -> NamedPlace?
}

/// What a name means.
public enum Meaning: Sendable, Equatable {
  case parameter(Role, Layout)
  case buffer(Buffer)
}

/// Where a parameter goes.
public struct NamedPlace: Sendable, Equatable {
  public var name: String
  public var layout: Layout

  public init(_ name: String, _ layout: Layout) {
    self.name = name
    self.layout = layout
  }
}

/// How a file lays out a parameter, against the logical `[out, in]`.
public enum Layout: Sendable, Equatable {
  case asIs
  /// `[in, out]`, a Keras kernel.
  case transposed
  /// `[in, heads, width]`, the kernel of a Keras query, key or value.
  case headsOut
  /// `[heads, width, in]`: `[heads, width]` of the input axis first, the kernel of a Keras attention output.
  case headsIn
  /// `[heads, width]`, the bias of a Keras query, key or value.
  case headsBias
}

extension Layout {
  /// The rank that a stored tensor must have; nil if any.
  var rank: Int? {
    switch self {
    case .asIs: nil
    case .transposed, .headsBias: 2
    case .headsOut, .headsIn: 3
    }
  }

  /// A stored tensor in logical orientation, or nil if its rank does not fit.
  package func logical(_ tensor: Tensor) -> Tensor? {
    if let rank, tensor.shape.rank != rank { return nil }
    let lengths = tensor.shape.lengths
    switch self {
    case .asIs: return tensor
    case .transposed: return tensor.transposed()
    case .headsOut:
      return tensor.reshaped([lengths[0], lengths[1] * lengths[2]]).transposed()
    case .headsIn:
      return tensor.reshaped([lengths[0] * lengths[1], lengths[2]]).transposed()
    case .headsBias: return tensor.reshaped([lengths[0] * lengths[1]])
    }
  }

  /// A logical tensor as it is to be stored; the inverse of ``logical(_:)``.
  ///
  /// - Parameter heads: needed by the layouts that have an axis of heads.
  /// - Returns: nil if the number of heads is not known or does not divide the width.
  package func stored(_ tensor: Tensor, heads: Int?) -> Tensor? {
    let lengths = tensor.shape.lengths
    switch self {
    case .asIs: return tensor
    case .transposed: return tensor.shape.rank == 2 ? tensor.transposed() : nil
    case .headsOut:
      guard lengths.count == 2, let heads, lengths[0] % heads == 0 else { return nil }
      return tensor.transposed().reshaped([lengths[1], heads, lengths[0] / heads])
    case .headsIn:
      guard lengths.count == 2, let heads, lengths[1] % heads == 0 else { return nil }
      return tensor.transposed().reshaped([heads, lengths[1] / heads, lengths[0]])
    case .headsBias:
      guard lengths.count == 1, let heads, lengths[0] % heads == 0 else { return nil }
      return tensor.reshaped([heads, lengths[0] / heads])
    }
  }

  /// The number of heads that a stored tensor's shape tells.
  package func heads(_ tensor: Tensor) -> Int? {
    switch self {
    case .headsOut where tensor.shape.rank == 3: tensor.shape[1]
    case .headsIn where tensor.shape.rank == 3: tensor.shape[0]
    default: nil
    }
  }
}
