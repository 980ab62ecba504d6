import Checkpoints
import Tensors

/// Uniform codes that compressed-tensors can hold: signed bytes, and scales that go by its strategies.
struct UniformCodes {
  let bits: Int
  private let codes: Tensor
  private let strategy: QuantizationGroup.Strategy
  private let scaleShape: Shape
  private let scales: Tensor
  private let zeroPoints: Tensor?
  private let shape: Shape

  /// Nil where they are of another kind.
  ///
  /// - Parameter count: of the codes, where there is not one for each element.
  init?(_ codes: Tensor, _ scheme: QuantizationScheme, of shape: Shape, count: Int? = nil) {
    guard case .uniform(let bits, let granularity, let scales, let zeroPoints, nil) = scheme,
      (2...8).contains(bits), shape.rank == 2, shape.elementCount > 0, codes.elementType == .i8,
      codes.elementCount == count ?? shape.elementCount,
      let strategy = QuantizationGroup.Strategy(granularity, of: shape),
      let scaleShape = strategy.scaleShape(rows: shape[0], columns: shape[1]),
      CompressedModule.floats.contains(scales.elementType),
      scales.elementCount == scaleShape.elementCount
    else { return nil }
    if let zeroPoints {
      guard zeroPoints.elementType == .i8, zeroPoints.elementCount == scales.elementCount else {
        return nil
      }
    }
    self.bits = bits
    self.codes = codes
    self.strategy = strategy
    self.scaleShape = scaleShape
    self.scales = scales
    self.zeroPoints = zeroPoints
    self.shape = shape
  }

  var isSymmetric: Bool { zeroPoints == nil }

  func scheme(isPacked: Bool) -> WrittenWeight.Scheme {
    WrittenWeight.Scheme(
      bits: bits, strategy: strategy, isSymmetric: isSymmetric, isPacked: isPacked)
  }

  /// What is stored beside the codes where these are not packed.
  var steps: [(String, Tensor)] {
    [("weight_scale", scales.reshaped(scaleShape))]
      + (zeroPoints.map { [("weight_zero_point", $0.reshaped(scaleShape))] } ?? [])
  }

  func parts(in layout: WrittenWeight.Layout) -> [(String, Tensor)] {
    guard bits < 8 else { return [("weight", codes.reshaped(shape))] + steps }
    let packing = layout.packing(bits)
    let (rows, columns) = (shape[0], shape[1])
    // The product was checked when the codes were counted.
    let words = packing.wordCount(of: columns)!
    let packed = packing.words(
      of: codes, .rows(of: columns), lines: rows, length: columns, to: .rows(of: words),
      shape: [rows, words])
    var parts = [
      ("weight_packed", packed), ("weight_scale", scales.reshaped(scaleShape)),
      ("weight_shape", Tensor(integers: shape.lengths, [2])),
    ]
    if let zeroPoints { parts.append(("weight_zero_point", packedZeros(zeroPoints, packing))) }
    return parts
  }

  /// Those of rows and groups are packed, down the columns.
  private func packedZeros(_ zeroPoints: Tensor, _ packing: WordPacking) -> Tensor {
    switch strategy {
    case .tensor, .block: return zeroPoints.reshaped(scaleShape)
    case .channel, .group:
      let (rows, groups) = (scaleShape[0], scaleShape[1])
      let words = packing.wordCount(of: rows)!
      return packing.words(
        of: zeroPoints, .columns(of: groups), lines: groups, length: rows, to: .columns(of: groups),
        shape: [words, groups])
    }
  }
}

extension QuantizationGroup.Strategy {
  /// The strategy of a granularity; nil where there is none, or a group or a block would end beyond the matrix.
  fileprivate init?(_ granularity: QuantizationScheme.Granularity, of shape: Shape) {
    switch granularity {
    case .tensor: self = .tensor
    case .axis(0): self = .channel
    case .axis: return nil
    case .group(let size) where size > 0: self = size < shape[1] ? .group(size) : .channel
    case .block(let rows, let columns) where rows > 0 && columns > 0:
      guard shape[0] % rows == 0, shape[1] % columns == 0 else { return nil }
      self = .block(rows: rows, columns: columns)
    default: return nil
    }
  }
}

extension Tensor {
  /// A tensor of a few I64.
  init(integers: [Int], _ shape: Shape) {
    let bytes = integers.map { Int64($0).littleEndian }.withUnsafeBytes { [UInt8]($0) }
    self.init(.i64, shape, source: MemorySource(bytes))
  }
}
