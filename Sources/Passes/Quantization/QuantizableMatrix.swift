import Checkpoints
import Kernels
import Tensors

/// A matrix whose values are still floats, dense or under a mask, to be held as codes.
///
/// Masked ones are quantized as if dense, so that scales are indexed by dense coordinates; then the codes of what
/// the mask keeps are taken out.
struct QuantizableMatrix: Sendable {
  /// `dense` or `sparse(dense)`.
  let storage: Storage
  let rows: Int
  let columns: Int
  /// How much each value matters; nil where that is not known.
  let importance: (shape: Shape, values: [Float])?
  /// The second moments of what the matrix is fed; nil where they are not known.
  let inputs: LinearInputs?
  /// What steps of rows are multiplied by; nil for 1.
  let multipliers: [Float]?
  /// How far scores move with what each row gives; nil where steps do not go by that.
  let sensitivities: [Float]?
  /// Those that training has settled on; nil where they are to follow the values.
  let scales: [Float]?
  /// Named by failures, which come when codes are asked for.
  let place: Place

  var shape: Shape { [rows, columns] }

  private var mask: Mask? { if case .sparse(let mask, _) = storage { mask } else { nil } }

  /// Of the codes, one for each value.
  var codeShape: Shape {
    if case .sparse(_, let values) = storage { [values.storedCount] } else { shape }
  }

  func reader() throws -> any RowReader { try storage.rows(of: shape) }

  /// The values that are stored, without the zeros between them, as one column.
  func survivors() throws -> any RowReader {
    guard case .sparse(_, let values) = storage, let tensor = values.dense else {
      return try storage.rows(of: [rows * columns, 1])
    }
    return TensorRows(tensor, rows: tensor.elementCount, columns: 1)
  }

  /// How many values each row stores; nil where it is all of them.
  func countsOfRows() throws -> [Int]? {
    try mask?.geometry(of: shape).keptCountsOfRows()
  }

  /// 1 or 0 for each element, whether the mask keeps it; nil where there is none.
  func keptElements() throws -> [UInt8]? {
    guard let mask else { return nil }
    let (height, width) = (mask.block[0], mask.block[1])
    let across = columns / width
    return try mask.kept.withBytes { kept in
      (0..<(rows * columns)).map { place in
        kept[place / columns / height * across + place % columns / width] == 0 ? 0 : 1
      }
    }
  }

  /// Those elements of a row-major matrix that the mask keeps, in the order of the storage's values.
  func kept(of elements: [UInt8], width: Int) throws -> [UInt8] {
    try mask?.geometry(of: shape).gather(elements, elementWidth: width) ?? elements
  }

  /// The storage that codes make, under the mask if there is one.
  func holding(_ codes: Tensor, _ scheme: QuantizationScheme) -> Storage {
    let quantized = Storage.quantized(codes: codes, scheme: scheme)
    return mask.map { .sparse(mask: $0, values: quantized) } ?? quantized
  }

  /// Tensors that are made together when one of them is asked for; failures name the matrix.
  func computing(
    _ outlines: [(ElementType, Shape)], _ work: @escaping @Sendable () throws -> [[UInt8]]
  ) -> [Tensor] {
    let place = place
    return Computation.tensors(outlines) {
      do { return try work() } catch let failure as Failure { throw failure.within(place) }
    }
  }
}

extension Storage {
  /// The storage with each matrix of floats in it, dense or masked, replaced.
  ///
  /// - Parameter replacement: takes the part, its rows and columns, and which part of a product it is, or nil where it is the whole.
  /// - Throws: ``Failure`` if a part is quantized, or holds no floats.
  func quantized(
    rows: Int, columns: Int, part: String? = nil,
    _ replacement: (Storage, Int, Int, String?) throws -> Storage
  ) throws -> Storage {
    switch self {
    case .dense(let tensor), .sparse(_, .dense(let tensor)):
      guard tensor.elementType.isFloat else {
        throw Failure(StorageReason.notFloat(tensor.elementType))
      }
      return try replacement(self, rows, columns, part)
    case .sparse, .quantized: throw Failure(QuantizeReason.alreadyQuantized("\(self)"))
    case .factorized(let left, let right):
      let rank = try Storage.rank(left, right, rows: rows, columns: columns)
      return .factorized(
        left: try left.quantized(rows: rows, columns: rank, part: "left", replacement),
        right: try right.quantized(rows: rank, columns: columns, part: "right", replacement))
    case .sum(let left, let right):
      return .sum(
        try left.quantized(rows: rows, columns: columns, part: "sum", replacement),
        try right.quantized(rows: rows, columns: columns, part: "sum", replacement))
    case .shared(let role): throw Failure(StorageReason.unresolved(role))
    }
  }
}

/// Why a tensor cannot be quantized as asked.
package enum QuantizeReason: Reason {
  case alreadyQuantized(String)
  case indivisible(columns: Int, by: String)
  case productUnderMask
  case notForeseen
  case scales(Int, expected: Int)
  case importance(Shape, of: Shape)
  case noInputs
  case noFrequencies
  case noSensitivity
  case neitherRowNorGroup

  package var outcome: Outcome {
    switch self {
    case .neitherRowNorGroup: .usage
    default: .badInput
    }
  }

  package var description: String {
    switch self {
    case .alreadyQuantized(let storage): "is quantized already: \(storage)"
    case .indivisible(let columns, let what): "\(columns) columns cannot be divided into \(what)"
    case .productUnderMask:
      "is pruned: product codes stand for several values each, so no mask can take some out"
    case .notForeseen:
      "training foresees only symmetric codes of one scale for a matrix or for each row, in F32"
    case .scales(let found, let expected):
      "the statistics hold \(found) scales where \(expected) are needed"
    case .noInputs: "the statistics do not say what it is fed, which gptq goes by"
    case .noSensitivity: "the statistics do not say how far scores move with what it gives"
    case .noFrequencies: "the statistics do not say how often each of the model's words occurs"
    case .neitherRowNorGroup: "gptq has a scale for each row or group"
    case .importance(let found, let expected):
      "its importance is \(found) where a number for each value, \(expected), is needed"
    }
  }

  package var hint: String? {
    switch self {
    case .alreadyQuantized: "the pass 'merge' makes it dense again"
    case .indivisible: "quantize it per row, or leave it out with --except"
    case .productUnderMask: "the pass 'merge' fills zeros in; the other methods take it as it is"
    case .noInputs: "'pare calibrate' measures it, of linears; --only takes those alone"
    case .noSensitivity: "'pare calibrate --measure inputs --measure sensitivity' measures both"
    case .noFrequencies: "'pare calibrate' counts them"
    case .importance, .notForeseen, .scales, .neitherRowNorGroup: nil
    }
  }
}
