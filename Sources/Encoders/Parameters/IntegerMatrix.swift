import Checkpoints
import Kernels
import Tensors

/// A matrix of 8-bit codes that kernels take as it stands: x = scale · (code − zero point), scales and zero points
/// `[rows, groups]`.
struct IntegerMatrix {
  let codes: Tensor
  let scales: [Float]
  let zeroPoints: [Int32]?
  let groups: Int

  /// Whether no zero point is other than zero.
  var isSymmetric: Bool { zeroPoints?.allSatisfy { $0 == 0 } ?? true }

  /// Nil where the kernels do not know the scheme.
  ///
  /// - Throws: ``Failure`` if a part cannot be read.
  init?(_ codes: Tensor, _ scheme: QuantizationScheme, rows: Int, columns: Int) throws {
    guard codes.elementType == .i8, codes.elementCount == rows * columns else { return nil }
    switch scheme {
    case .rowStep(let steps):
      groups = 1
      scales = try steps.singles()
      zeroPoints = nil
    case .uniform(_, .axis(0), let scales, let zeroPoints, nil):
      groups = 1
      self.scales = try scales.singles()
      self.zeroPoints = try zeroPoints?.smallIntegers()
    case .uniform(_, .group(let size), let scales, let zeroPoints, nil)
    where size > 0 && columns % size == 0:
      groups = columns / size
      self.scales = try scales.singles()
      self.zeroPoints = try zeroPoints?.smallIntegers()
    default: return nil
    }
    self.codes = codes
    guard scales.count == rows * groups, zeroPoints.map({ $0.count == rows * groups }) ?? true,
      scales.allSatisfy(\.isFinite), zeroPoints?.allSatisfy({ (-255...255).contains($0) }) ?? true
    else { return nil }
  }
}
