import Checkpoints
import Tensors

/// What one model weighs: its file, its parameters one by one, its work, and how good it is if that was measured.
public struct ModelReport: Sendable {
  public var path: String
  /// The name of the container's format.
  public var format: String
  public var architecture: Architecture
  /// Of the files of weights.
  public var byteCount: Int
  public var counts: Counts
  /// Every tensor of the file: parameters, second copies, buffers, and those without a role.
  public var parameters: [ParameterReport]
  /// Floating-point operations of a forward pass; nil where the architecture is not known.
  public var operations: OperationCount?
  /// How good the file is on a task, when it was read again and run.
  public var result: TaskResult?
  public var notes: [String]

  public init(
    path: String, format: String, architecture: Architecture, byteCount: Int, counts: Counts,
    parameters: [ParameterReport], operations: OperationCount? = nil, result: TaskResult? = nil,
    notes: [String] = []
  ) {
    self.path = path
    self.format = format
    self.architecture = architecture
    self.byteCount = byteCount
    self.counts = counts
    self.parameters = parameters
    self.operations = operations
    self.result = result
    self.notes = notes
  }
}

/// One tensor of a model: what it takes, what it could take, and how far it is from what it was.
public struct ParameterReport: Sendable {
  public var name: String
  /// The path of its role; nil for what has none.
  public var role: String?
  public var component: Component
  /// The stored layer that it belongs to.
  public var layer: Int?
  /// Of the dense parameter.
  public var shape: Shape
  /// In the grammar of storages.
  public var storage: String
  /// What the file takes for it.
  public var byteCount: Int
  /// The elements of the dense parameter; none where it is a tie, a copy or a buffer.
  public var denseCount: Int
  /// The numbers that its values are made of: factors at their own size, sparse ones at dense size.
  public var heldCount: Int
  /// Those of them that are not zero; nil where the type has no numbers.
  public var nonzeroCount: Int?
  /// The inner length where it is a product of factors.
  public var rank: Int?
  /// The order-0 Shannon bound of what is stored, in bits.
  public var boundBits: Double
  /// How far its values are from the reference's; nil where there is none of that role and shape.
  public var error: ReconstructionError?

  public init(
    name: String, role: String?, component: Component, layer: Int?, shape: Shape, storage: String,
    byteCount: Int, denseCount: Int, heldCount: Int, nonzeroCount: Int?, rank: Int? = nil,
    boundBits: Double, error: ReconstructionError? = nil
  ) {
    self.name = name
    self.role = role
    self.component = component
    self.layer = layer
    self.shape = shape
    self.storage = storage
    self.byteCount = byteCount
    self.denseCount = denseCount
    self.heldCount = heldCount
    self.nonzeroCount = nonzeroCount
    self.rank = rank
    self.boundBits = boundBits
    self.error = error
  }
}

/// How far values B are from the values A that they stand for.
public struct ReconstructionError: Sendable, Equatable {
  /// ‖A − B‖², the sum of the squared differences.
  public var squaredDifference: Double
  /// ‖A‖².
  public var squaredNorm: Double
  /// The greatest difference's magnitude.
  public var maximum: Double

  public init(squaredDifference: Double, squaredNorm: Double, maximum: Double) {
    self.squaredDifference = squaredDifference
    self.squaredNorm = squaredNorm
    self.maximum = maximum
  }

  /// ‖A − B‖ / ‖A‖ in the Frobenius norm; 0 where both are nothing but zeros.
  public var relative: Double {
    squaredDifference == 0 ? 0 : (squaredDifference / squaredNorm).squareRoot()
  }

  /// The error of several parameters together.
  public static func + (left: Self, right: Self) -> Self {
    Self(
      squaredDifference: left.squaredDifference + right.squaredDifference,
      squaredNorm: left.squaredNorm + right.squaredNorm, maximum: max(left.maximum, right.maximum))
  }
}
