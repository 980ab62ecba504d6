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
  var families: [Family] { get }

  /// The styles of container that it has names for, the usual one first.
  var styles: [NameStyle] { get }

  /// What tensors of those names are.
  ///
  /// All names of a container are given together, since some can only be told by the others: the
  /// layer that an ALBERT group's inner layer is depends on the size of the groups.
  func meanings(of names: [String]) -> Meanings

  /// What a parameter is called, and how it is laid out, in files of a style.
  ///
  /// - Returns: nil where the dialect has no place for the role.
  func place(of role: Role, in architecture: Architecture, style: NameStyle) -> NamedPlace?

  /// The places where files of a style hold parameters a second time, because their usual reader
  /// wants to find them there.
  func repetitions(in architecture: Architecture, style: NameStyle) -> [Repetition]

  /// What files hold as one tensor that are several here.
  var packings: [Packing] { get }

  /// The order of parameters in files, as ``Role/order``.
  func order(of role: Role) -> [Int]

  /// The roles that the usual reader of such files wants to find, beyond those that the family needs.
  func expectedRoles(in architecture: Architecture) -> [Role]

  /// Whether a parameter is one without which there is no such model, so that its name tells the dialect.
  func isAnchor(_ role: Role) -> Bool
}

extension Dialect {
  public var packings: [Packing] { [] }
  public func repetitions(in architecture: Architecture, style: NameStyle) -> [Repetition] { [] }
  public func order(of role: Role) -> [Int] { role.order }
  public func expectedRoles(in architecture: Architecture) -> [Role] { [] }
}

/// What a name means.
public enum Meaning: Sendable, Equatable {
  case parameter(Role, Layout)
  /// A second copy of a parameter that has a place of its own elsewhere in the file.
  case copy(Role, Layout)
  /// A tensor that is added to the one whose parameter it is.
  case addend(Role, Layout)
  case buffer(Buffer)
}

/// What the names of a container mean.
public struct Meanings: Sendable, Equatable {
  /// In the order of the names; nil for each that the dialect does not know.
  public var each: [Meaning?]
  /// How many layers a group of layers has, as ``EncoderArchitecture/groupSize``.
  public var groupSize: Int

  public init(_ each: [Meaning?], groupSize: Int = 1) {
    self.each = each
    self.groupSize = groupSize
  }
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

/// A second place of a parameter.
public struct Repetition: Sendable, Equatable {
  /// Whose values stand there.
  public var role: Role
  public var place: NamedPlace
  /// The shape of the zeros that stand there instead, since the place is that of an addend; nil for the values.
  public var zeros: Shape?
  /// Where it comes among the others, as ``Dialect/order(of:)`` of those.
  public var order: [Int]

  public init(_ role: Role, _ place: NamedPlace, order: [Int]) {
    self.role = role
    self.place = place
    self.order = order
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

  /// A stored tensor in logical orientation, or nil if its rank does not fit, or its elements are
  /// less than bytes and would have to be moved.
  package func logical(_ tensor: Tensor) -> Tensor? {
    if let rank, tensor.shape.rank != rank { return nil }
    let lengths = tensor.shape.lengths
    switch self {
    case .asIs: return tensor
    case .transposed: return tensor.transposedIfWhole()
    case .headsOut:
      return tensor.merging([lengths[0]], [lengths[1], lengths[2]])?.transposedIfWhole()
    case .headsIn:
      return tensor.merging([lengths[0], lengths[1]], [lengths[2]])?.transposedIfWhole()
    case .headsBias: return tensor.merging(lengths)
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
    case .transposed: return lengths.count == 2 ? tensor.transposedIfWhole() : nil
    case .headsOut:
      guard lengths.count == 2, let width = lengths[0].divided(by: heads), let heads else {
        return nil
      }
      return tensor.transposedIfWhole()?.reshaped([lengths[1], heads, width])
    case .headsIn:
      guard lengths.count == 2, let width = lengths[1].divided(by: heads), let heads else {
        return nil
      }
      return tensor.transposedIfWhole()?.reshaped([heads, width, lengths[0]])
    case .headsBias:
      guard lengths.count == 1, let width = lengths[0].divided(by: heads), let heads else {
        return nil
      }
      return tensor.reshaped([heads, width])
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

  /// What is done to a tensor to bring it from this layout into another, such as `reshape, transpose`;
  /// empty for nothing. Two transposes cancel, two reshapes are one.
  package func transform(to target: Layout) -> String {
    guard self != target else { return "" }
    var steps: [String] = []
    for step in toLogical + target.toLogical.reversed() {
      if steps.last != step {
        steps.append(step)
      } else if step == "transpose" {
        steps.removeLast()
      }
    }
    return steps.joined(separator: ", ")
  }

  private var toLogical: [String] {
    switch self {
    case .asIs: []
    case .transposed: ["transpose"]
    case .headsOut, .headsIn: ["reshape", "transpose"]
    case .headsBias: ["reshape"]
    }
  }
}

extension Tensor {
  fileprivate func transposedIfWhole() -> Tensor? {
    elementType.byteWidth == nil ? nil : transposed()
  }

  /// The tensor with each group of neighbouring axes made one, or nil if a length overflows, as it
  /// can where another axis is empty.
  fileprivate func merging(_ axes: [Int]...) -> Tensor? {
    let lengths = axes.compactMap { Shape(checking: $0)?.elementCount }
    guard lengths.count == axes.count, let shape = Shape(checking: lengths) else { return nil }
    return reshaped(shape)
  }
}

extension Int {
  fileprivate func divided(by count: Int?) -> Int? {
    guard let count, count > 0, self % count == 0 else { return nil }
    return self / count
  }
}
