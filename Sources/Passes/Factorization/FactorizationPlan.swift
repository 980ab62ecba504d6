import Checkpoints
import Kernels
import Synchronization
import Tensors

/// At which rank each of some matrices is factorized, and how its errors are weighted.
///
/// Singular values are worked out only where ranks depend on them, factors only when they are asked for.
struct FactorizationPlan: Sendable {
  /// Of the matrices that become smaller.
  let ranks: [Role: Int]
  /// What is left as it is, said.
  let diagnostics: [Diagnostic]
  private let statistics: Statistics?
  private let measure: Factorize.ErrorMeasure?
  /// Whether rows of right factors have the length 1.
  private let isLeftHeavy: Bool
  /// The share of the numbers that stay beside the product.
  private let residual: Double
  private let file: String?
  private let threads: Int

  /// - Throws: ``Failure`` naming the matrix that cannot be factorized, or would not become smaller at the rank that
  ///   was asked for, or if none would.
  init(
    of matrices: [Parameter], strength: Factorize.Strength, statistics: Statistics?,
    weighting measure: Factorize.ErrorMeasure? = nil, isLeftHeavy: Bool = false,
    residual: Double = 0, file: String?, threads: Int
  ) throws {
    self.residual = residual
    self.isLeftHeavy = isLeftHeavy
    (self.statistics, self.file, self.threads) = (statistics, file, threads)
    self.measure = measure
    let found = Mutex<[Role: Int]>([:])
    // Several at a time, each on one thread: most are small, and the largest comes first.
    try Workers.forEach(matrices, threads: threads) { parameter in
      let rank = try parameter.naming(in: file) {
        try Self.check(parameter)
        let weighting = try statistics?.weighting(of: parameter, by: measure) ?? .none
        return try strength.rank(of: parameter, weighting)
      }
      found.withLock { $0[parameter.role] = rank }
    }
    let all = found.withLock { $0 }
    // What is a product of that rank already is left as it is, and nothing is wrong with that.
    let others = try matrices.filter { try !$0.isProduct(ofRank: all[$0.role]!) }
    let whole = others.filter {
      !isLeftHeavy && !$0.isSmaller(atRank: all[$0.role]!, residual: residual)
    }
    if let first = whole.first, whole.count == others.count || strength.isRank {
      throw first.notSmaller(atRank: all[first.role]!, in: file)
    }
    ranks = all.filter { role, _ in
      others.contains { $0.role == role } && !whole.contains { $0.role == role }
    }
    diagnostics = whole.map { parameter in
      Diagnostic(
        .warning, .leftWhole,
        "\(parameter.notSmaller(atRank: all[parameter.role]!).reason), so it is left as it is",
        tensor: parameter.name)
    }
  }

  private static func check(_ parameter: Parameter) throws {
    switch parameter.storage {
    case .dense(let tensor):
      guard tensor.elementType.isFloat else {
        throw Failure(StorageReason.notFloat(tensor.elementType))
      }
    case .factorized: break
    default:
      throw Failure(
        PassReason.unfit(
          pass: Factorize.declaration.name,
          why: "it is \(parameter.storage); factorize before that, or merge first"))
    }
  }

  /// The parameter as the product of two factors, and what stays beside it, which are worked out when one of them is asked for.
  func factorized(_ parameter: Parameter, rank: Int) -> Parameter {
    let (rows, columns) = (parameter.shape[0], parameter.shape[1])
    let type = parameter.elementType
    let matrix = parameter.storage.tensor(of: parameter.shape, as: type)
    let threads = matrix.elementCount < 1 << 22 ? 1 : threads
    let count = parameter.residualCount(residual)
    var outlines: [(ElementType, Shape)] = [(type, [rows, rank]), (type, [rank, columns])]
    if count > 0 { outlines += [(.bool, parameter.shape), (type, [count] as Shape)] }
    let parts = Computation.tensors(outlines) {
      try parameter.naming(in: file) {
        let weighting = try statistics?.weighting(of: parameter, by: measure) ?? .none
        let svd = try TruncatedSVD(of: matrix, rank: rank, weighting: weighting, threads: threads)
        let (left, right) = isLeftHeavy ? svd.leftHeavy : (svd.left, svd.right)
        let factors = [left, right].map { $0.bytes(as: type) }
        guard count > 0 else { return factors }
        let rest = try LowRankResidual(
          of: matrix, left: left, right: right, rank: rank, count: count,
          weights: weighting.ofColumns(columns))
        return factors + [rest.kept, rest.values.bytes(as: type)]
      }
    }
    let product = Storage.factorized(left: .dense(parts[0]), right: .dense(parts[1]))
    guard count > 0 else { return parameter.holding(product) }
    let mask = Mask(kept: parts[2], denseShape: parameter.shape)
    return parameter.holding(.sum(product, .sparse(mask: mask, values: .dense(parts[3]))))
  }
}

extension [Float] {
  /// The bytes of the numbers in a floating-point type, rounded to nearest even.
  fileprivate func bytes(as type: ElementType) -> [UInt8] {
    withUnsafeBytes { singles in
      [UInt8](unsafeUninitializedCapacity: count * type.byteWidth!) { bytes, filled in
        Kernels.Cast.convert(singles, .f32, to: UnsafeMutableRawBufferPointer(bytes), type)
        filled = bytes.count
      }
    }
  }
}

extension Parameter {
  /// Whether it is the product of two matrices with that inner length.
  fileprivate func isProduct(ofRank rank: Int) throws -> Bool {
    guard case .factorized(let left, let right) = storage else { return false }
    return try Storage.rank(left, right, rows: shape[0], columns: shape[1]) == rank
  }

  /// Whether factors, and what stays beside them, hold fewer numbers than the parameter does now.
  fileprivate func isSmaller(atRank rank: Int, residual: Double) -> Bool {
    rank < storage.uniqueCount
      && rank * (shape[0] + shape[1]) + residualCount(residual) < storage.uniqueCount
  }

  /// How many numbers a share of the matrix is.
  fileprivate func residualCount(_ share: Double) -> Int {
    Int((share * Double(shape.elementCount)).rounded())
  }

  fileprivate func notSmaller(atRank rank: Int, in file: String? = nil) -> Failure {
    Failure(
      FactorizationReason.notSmaller(
        shape, rank: rank, limit: (storage.uniqueCount - 1) / (shape[0] + shape[1])),
      at: Place(file: file, tensor: name))
  }
}

extension ErrorWeighting {
  /// How much errors in a column matter, whatever those in the others; nil where all do alike.
  fileprivate func ofColumns(_ count: Int) -> [Float]? {
    guard case .inputs(let gram) = self else { return nil }
    return (0..<count).map { Float(max(0, gram[$0 * (count + 1)]).squareRoot()) }
  }
}

extension Factorize.Strength {
  fileprivate var isRank: Bool { if case .rank = self { true } else { false } }

  /// The rank of one matrix.
  fileprivate func rank(of parameter: Parameter, _ weighting: ErrorWeighting) throws -> Int {
    switch self {
    case .rank(let rank): return rank
    case .ratio(let share):
      let sides = Double(parameter.shape[0]) + Double(parameter.shape[1])
      return max(1, Int(share * Double(parameter.shape.elementCount) / sides))
    case .energy(let share):
      let matrix = parameter.storage.tensor(of: parameter.shape, as: parameter.elementType)
      let values = try TruncatedSVD.singularValues(of: matrix, weighting: weighting)
      return TruncatedSVD.rank(keeping: share, of: values)
    }
  }
}

extension Statistics {
  /// How errors of a matrix are weighted: by what it is fed, or else by its rows' importance.
  ///
  /// - Throws: ``Failure`` if neither was measured.
  fileprivate func weighting(
    of parameter: Parameter, by measure: Factorize.ErrorMeasure?
  ) throws -> ErrorWeighting {
    let (role, width) = (parameter.role, parameter.shape[1])
    if measure ?? .inputs == .inputs, let gram = try gram(role, width: width) {
      return .inputs(gram.map(Double.init))
    }
    if measure ?? .importance == .importance, let (shape, importance) = try importance(role) {
      guard shape == parameter.shape else {
        throw Failure(StatisticsReason.shape(shape, expected: parameter.shape))
      }
      return .rows(importance.rootsOfRowSums(width: width))
    }
    if measure ?? .fisher == .fisher, let fisher = try fisher(role, of: parameter.shape) {
      return .rows(fisher.rootsOfRowSums(width: width))
    }
    if measure == .sensitivity, let gram = try sensitivityGram(role, width: width) {
      return .inputs(gram.damped(width: width))
    }
    throw Failure(FactorizationReason.notMeasured(role, measure))
  }
}

extension [Float] {
  /// With the mean of the diagonal added to it: what few texts say of directions along which scores hardly move is not to be trusted.
  fileprivate func damped(width: Int) -> [Double] {
    var result = map(Double.init)
    let mean = (0..<width).reduce(0) { $0 + result[$1 * (width + 1)] } / Double(width)
    for index in 0..<width { result[index * (width + 1)] += mean }
    return result
  }

  fileprivate func rootsOfRowSums(width: Int) -> [Double] {
    stride(from: 0, to: count, by: width).map { first in
      self[first..<(first + width)].reduce(0.0) { $0 + Double($1) }.squareRoot()
    }
  }
}

/// Why a matrix is not factorized.
enum FactorizationReason: Reason {
  case notSmaller(Shape, rank: Int, limit: Int)
  case notMeasured(Role, Factorize.ErrorMeasure?)

  var outcome: Outcome {
    switch self {
    case .notSmaller: .usage
    case .notMeasured: .badInput
    }
  }

  var description: String {
    switch self {
    case .notSmaller(let shape, let rank, let limit):
      limit > 0
        ? "factorize: at rank \(rank) a matrix \(shape) does not become smaller; only up to rank \(limit) it does"
        : "factorize: a matrix \(shape) does not become smaller at any rank"
    case .notMeasured(let role, let measure?):
      "factorize: the statistics hold no '\(role).\(measure.tensorName)'"
    case .notMeasured(let role, nil):
      "factorize: the statistics hold neither '\(role).gram' nor '\(role).importance' nor '\(role).fisher'"
    }
  }
}

extension Factorize.ErrorMeasure {
  /// What stands behind the role in the name of its tensor.
  fileprivate var tensorName: String {
    switch self {
    case .inputs: "gram"
    case .importance, .fisher: rawValue
    case .sensitivity: "sensitivity-gram"
    }
  }
}
