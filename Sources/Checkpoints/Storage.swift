import Tensors

/// How the values of a parameter are held. Shapes are PyTorch's: a linear is `[out, in]`, and
/// a factorized one is `left [out, r] · right [r, in]`.
public indirect enum Storage: Sendable {
  case dense(Tensor)
  /// The values where the mask is set, in row-major (or block-major) order.
  case sparse(mask: Mask, values: Storage)
  case factorized(left: Storage, right: Storage)
  case sum(Storage, Storage)
  case quantized(codes: Tensor, scheme: QuantizationScheme)
  /// The same values as those of another parameter.
  case shared(with: Role)
}

/// Which elements of a sparse tensor are stored.
public struct Mask: Sendable {
  /// `BOOL`, of the dense shape in units of blocks.
  public let kept: Tensor
  public let denseShape: Shape
  /// Rows and columns of a block; `[1, 1]` where single elements are masked.
  public let block: Shape

  public init(kept: Tensor, denseShape: Shape, block: Shape = [1, 1]) {
    self.kept = kept
    self.denseShape = denseShape
    self.block = block
  }
}

/// How codes become numbers. Scales and zero points are indexed by dense coordinates, so that masking
/// and quantizing commute.
public enum QuantizationScheme: Sendable {
  /// `x = scale · (code - zeroPoint)`; without zero points the scheme is symmetric.
  case uniform(
    bits: Int, granularity: Granularity, scales: Tensor, zeroPoints: Tensor?, groupIndex: Tensor?)
  /// `x = codebook[code]`.
  case codebook(bits: Int, entries: Tensor)
  /// Every sub-vector of a row is an entry of its sub-space's codebook (Jégou et al., 2011).
  case product(entries: Tensor)
  /// `x = step[row] · code`, codes unbounded, meant for entropy coding.
  case rowStep(steps: Tensor)

  /// The elements that share a scale.
  public enum Granularity: Sendable, Equatable {
    case tensor
    case axis(Int)
    case group(Int)
    case block(rows: Int, columns: Int)
  }
}

extension Storage {
  /// The kinds of storage, as the table of legal nestings names them.
  public enum Kind: String, Sendable, CaseIterable {
    case dense, sparse, factorized, sum, quantized, shared
  }

  public var kind: Kind {
    switch self {
    case .dense: .dense
    case .sparse: .sparse
    case .factorized: .factorized
    case .sum: .sum
    case .quantized: .quantized
    case .shared: .shared
    }
  }

  /// The table of legal nestings: what may stand directly within a kind of storage.
  public static func canHold(_ outer: Kind, _ inner: Kind) -> Bool {
    switch (outer, inner) {
    case (.sparse, .dense), (.sparse, .quantized): true
    case (.factorized, .dense), (.factorized, .sparse), (.factorized, .quantized): true
    case (.sum, .dense), (.sum, .sparse), (.sum, .factorized), (.sum, .quantized): true
    default: false
    }
  }

  /// Fails if some nesting is not in the table.
  public func validate() throws {
    for inner in parts {
      guard Storage.canHold(kind, inner.kind) else {
        throw Failure(StorageReason.illegalNesting(outer: kind, inner: inner.kind))
      }
      try inner.validate()
    }
  }

  /// The storages directly within this one.
  public var parts: [Storage] {
    switch self {
    case .dense, .quantized, .shared: []
    case .sparse(_, let values): [values]
    case .factorized(let left, let right): [left, right]
    case .sum(let left, let right): [left, right]
    }
  }

  /// The number of parameters as stored: factors at their own size, sparse tensors at dense size,
  /// a tie nothing.
  public var uniqueCount: Int {
    switch self {
    case .dense(let tensor): tensor.elementCount
    case .quantized(let codes, _): codes.elementCount
    case .sparse(let mask, _): mask.denseShape.elementCount
    case .factorized, .sum: parts.reduce(0) { $0 + $1.uniqueCount }
    case .shared: 0
    }
  }

  /// The tensors that hold the values, in the order of the grammar: a mask before its values, codes before scales.
  public var tensors: [Tensor] {
    switch self {
    case .dense(let tensor): [tensor]
    case .sparse(let mask, let values): [mask.kept] + values.tensors
    case .factorized(let left, let right): left.tensors + right.tensors
    case .sum(let left, let right): left.tensors + right.tensors
    case .quantized(let codes, let scheme): [codes] + scheme.tensors
    case .shared: []
    }
  }

  /// What the tensors take that hold the values, in bytes.
  public var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }

  /// The elements that are stored: codes and survivors where not all values are.
  public var storedCount: Int {
    switch self {
    case .dense(let tensor): tensor.elementCount
    case .quantized(let codes, _): codes.elementCount
    case .sparse, .factorized, .sum: parts.reduce(0) { $0 + $1.storedCount }
    case .shared: 0
    }
  }

  /// The tensor, where the storage is nothing but that.
  public var dense: Tensor? { if case .dense(let tensor) = self { tensor } else { nil } }
}

extension Storage: CustomStringConvertible {
  /// The storage in the IR's grammar, such as `factorized(sparse(dense F32), dense F32)`.
  public var description: String {
    switch self {
    case .dense(let tensor): "dense \(tensor.elementType.rawValue)"
    case .sparse(_, let values): "sparse(\(values))"
    case .factorized(let left, let right): "factorized(\(left), \(right))"
    case .sum(let left, let right): "sum(\(left), \(right))"
    case .quantized(let codes, let scheme):
      "quantized(\(codes.elementType.rawValue), \(scheme.name))"
    case .shared(let role): "shared(\(role))"
    }
  }
}

extension QuantizationScheme {
  /// What is stored beside the codes.
  public var tensors: [Tensor] {
    switch self {
    case .uniform(_, _, let scales, let zeroPoints, let groupIndex):
      [scales] + [zeroPoints, groupIndex].compactMap(\.self)
    case .codebook(_, let entries), .product(let entries): [entries]
    case .rowStep(let steps): [steps]
    }
  }

  var name: String {
    switch self {
    case .uniform(let bits, let granularity, _, let zeroPoints, _):
      "uniform \(bits) bits per \(granularity.name)\(zeroPoints == nil ? "" : " asymmetric")"
    case .codebook(let bits, _): "codebook \(bits) bits"
    case .product: "product"
    case .rowStep: "row step"
    }
  }
}

extension QuantizationScheme.Granularity {
  var name: String {
    switch self {
    case .tensor: "tensor"
    case .axis(let axis): "axis \(axis)"
    case .group(let size): "group \(size)"
    case .block(let rows, let columns): "block \(rows)×\(columns)"
    }
  }
}

/// What a storage may not be.
package enum StorageReason: Reason {
  case illegalNesting(outer: Storage.Kind, inner: Storage.Kind)
  case unresolved(Role)
  case misfit(String, shape: Shape, of: String)
  case factors(Int, Int, of: String)
  case parts(String, of: String)
  case notFloat(ElementType)
  case productUnderMask

  package var description: String {
    switch self {
    case .illegalNesting(let outer, let inner):
      "\(outer.rawValue) storage cannot hold \(inner.rawValue) storage"
    case .unresolved(let role): "shares the values of \(role), which is not at hand"
    case .misfit(let what, let shape, let matrix):
      "\(what) of shape \(shape) does not fit a matrix \(matrix)"
    case .factors(let left, let right, let matrix):
      "factors of \(left) and \(right) elements do not make a matrix \(matrix)"
    case .parts(let what, let matrix): "\(what) do not fit a matrix \(matrix)"
    case .notFloat(let type): "holds \(type.rawValue), not floating-point numbers"
    case .productUnderMask:
      "product codes stand for several values each, so no mask can take some out"
    }
  }
}
