import Checkpoints
import Kernels
import Tensors

/// A matrix whose weights can be masked: a dense or quantized parameter, masked already or not, or a factor of one.
struct PrunableMatrix: Sendable {
  let parameter: Parameter
  /// As dense.
  let shape: Shape
  let block: Shape
  /// What survivors are taken from: all weights, or all codes, row-major.
  private(set) var elements: Tensor
  /// How the elements are codes, if they are.
  let scheme: QuantizationScheme?
  /// By which weights are compared, F32, one for each weight or block.
  private(set) var scores: Tensor
  private let measure: PruningMeasure

  /// The transformer layer that it belongs to.
  var layer: Int? {
    if case .layer(let index, _) = parameter.role.module { index } else { nil }
  }

  /// The matrices that a parameter's storage is made of, in the order of its grammar.
  ///
  /// - Throws: ``Failure`` where the pattern does not divide one of them, or it cannot be pruned.
  static func all(
    of parameter: Parameter, pattern: PruningPattern, _ method: Prune.Method?,
    _ arguments: PassArguments, _ statistics: Statistics?
  ) throws -> [PrunableMatrix] {
    guard case .factorized(let left, let right) = parameter.storage else {
      let measure = try PruningMeasure(of: parameter, method, arguments, statistics)
      return [
        try PrunableMatrix(parameter, parameter.storage, parameter.shape, pattern, measure)
      ]
    }
    guard statistics == nil else {
      throw unfit("it is factorized, and statistics are of whole matrices")
    }
    let (rows, columns) = (parameter.shape[0], parameter.shape[1])
    let rank = try Storage.rank(left, right, rows: rows, columns: columns)
    return [
      try PrunableMatrix(parameter, left, [rows, rank], pattern, .magnitude),
      try PrunableMatrix(parameter, right, [rank, columns], pattern, .magnitude),
    ]
  }

  private init(
    _ parameter: Parameter, _ storage: Storage, _ shape: Shape, _ pattern: PruningPattern,
    _ measure: PruningMeasure
  ) throws {
    self.parameter = parameter
    self.shape = shape
    self.measure = measure
    block = pattern.block
    let (rows, columns) = (shape.rank == 2 ? shape[0] : 1, shape.lengths.last ?? 1)
    guard rows % pattern.unit[0] == 0, columns % pattern.unit[1] == 0 else {
      throw Self.unfit(
        "its shape \(shape) cannot be divided into \(pattern.unit[0]) × \(pattern.unit[1])")
    }
    (elements, scheme) = try Self.elements(of: storage, shape)
    let weights = scheme == nil ? elements : storage.tensor(of: shape, as: .f32)
    scores = try measure.scores(
      of: weights.cast(to: .f32), columns: columns, block: pattern.block)
  }

  /// The matrix with its weights changed so that they make up for those that a mask takes, where it is known how.
  ///
  /// - Parameter kept: 1 or 0 for each weight, row-major.
  func compensated(keeping kept: [UInt8]) throws -> PrunableMatrix {
    guard case .curvature(let fisher) = measure else { return self }
    var result = self
    result.elements = try fisher.compensated(elements, keeping: kept)
    return result
  }

  /// The matrix with zeros where a sweep over its columns masks weights, and with what makes up for them in later columns; scores are 1 where
  /// weights stay, and 0 elsewhere.
  ///
  /// - Throws: ``Failure`` if it is quantized, or blocks lie along the input.
  func swept(_ choice: MaskingRule.Choice) throws -> PrunableMatrix {
    guard case .inputs(let inputs) = measure else { return self }
    guard scheme == nil else { throw Self.unfit("it is quantized; sparsegpt comes before that") }
    guard block[1] == 1 else {
      throw Self.unfit("sparsegpt masks single weights, or blocks of rows such as 4x1")
    }
    let (rows, columns) = (shape[0], shape[1])
    var group = 1
    if case .ratio(_, let length) = choice { group = length }
    let rule = MaskingRule(choice, height: block[0])
    guard let curvature = try inputs.curvature() else {
      throw Self.unfit("the statistics hold no mean of what it is fed")
    }
    let sweep = try ColumnSweep(rows: rows, columns: columns, curvature, group: group)
    let values = sweep.run(try elements.cast(to: .f32).singles(), rule)
    var result = self
    result.elements = Tensor(
      .f32, shape, source: MemorySource(values.withUnsafeBytes { [UInt8]($0) })
    ).cast(to: elements.elementType)
    let kept = rule.mask.map { Float($0) }
    result.scores = Tensor(
      .f32, [rows / block[0], columns],
      source: MemorySource(kept.withUnsafeBytes { [UInt8]($0) }))
    return result
  }

  /// Whether weights are changed when others go.
  var makesUp: Bool { if case .curvature = measure { scheme == nil } else { false } }

  /// All weights of a storage that is not composed of matrices, or all its codes and what they mean.
  private static func elements(
    of storage: Storage, _ shape: Shape
  ) throws -> (Tensor, QuantizationScheme?) {
    switch storage {
    case .dense(let tensor):
      guard tensor.elementType.isFloat else {
        throw Failure(StorageReason.notFloat(tensor.elementType))
      }
      return (tensor, nil)
    case .quantized(let codes, let scheme):
      try check(scheme)
      guard codes.elementCount == shape.elementCount, codes.elementType.byteWidth != nil else {
        throw unfit("its codes do not stand for single weights")
      }
      return (codes.reshaped(shape), scheme)
    case .sparse(_, .dense(let values)):
      return (storage.tensor(of: shape, as: values.elementType), nil)
    case .sparse(let mask, .quantized(let codes, let scheme)):
      try check(scheme)
      return (try mask.expanded(codes), scheme)
    case .sparse, .factorized, .sum, .shared:
      throw unfit("it is \(storage), which cannot be pruned")
    }
  }

  private static func check(_ scheme: QuantizationScheme) throws {
    if case .product = scheme {
      throw unfit("it is product-quantized: its codes do not stand for single weights")
    }
  }

  private static func unfit(_ why: String) -> Failure {
    Failure(PassReason.unfit(pass: Prune.declaration.name, why: why))
  }

  /// Fails where weights that may be compared with one another are measured differently.
  static func checkMeasures(_ matrices: [PrunableMatrix]) throws {
    guard let first = matrices.first else { return }
    for matrix in matrices where matrix.measure.name != first.measure.name {
      throw Failure(
        PassReason.unfit(
          pass: Prune.declaration.name,
          why: "the statistics hold its \(matrix.measure.name), but of"
            + " '\(printable(first.parameter.name))' the \(first.measure.name)"),
        at: Place(tensor: matrix.parameter.name))
    }
  }
}

extension Parameter {
  /// Does something about the parameter; failures name it.
  func naming<Result>(in file: String?, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let failure as Failure {
      throw failure.within(Place(file: file, tensor: name))
    }
  }
}
