import Tensors

/// A tensor of 8-bit codes with a scale and a zero point, for all of it or for each entry of one axis: x = (code − zero point) · scale
/// (ONNX, operators `DequantizeLinear` and `MatMulInteger`).
struct ONNXCodes {
  let codes: Tensor
  let scales: Tensor
  let zeros: Tensor?
  /// Along which scales apply, where there are several.
  let axis: Int

  /// How the tools of ONNX Runtime name the parts.
  static let codesEnding = "_quantized"
  static let scaleEnding = "_scale"
  static let zeroEnding = "_zero_point"

  /// The values, worked out when they are asked for.
  func values() throws -> Tensor {
    let shape = codes.shape
    let count = scales.elementCount
    let axis = axis < 0 ? axis + shape.rank : axis
    let fits = count == 1 || shape.lengths.indices.contains(axis) && shape[axis] == count
    guard fits, scales.elementType == .f32, [.u8, .i8].contains(codes.elementType),
      zeros.map({ $0.elementCount == count && $0.elementType == codes.elementType }) ?? true,
      Shape(checking: shape.lengths + [4]) != nil
    else { throw Failure(ONNXReason.scales(scales.shape, of: shape)) }
    let inner = count == 1 ? 1 : shape.lengths[(axis + 1)...].reduce(1, *)
    let parts = self
    return Computation.tensors([(.f32, shape)]) {
      try [parts.widened(inner: inner)]
    }[0]
  }

  /// - Parameter inner: how many elements follow one another with the same scale.
  private func widened(inner: Int) throws -> [UInt8] {
    let count = scales.elementCount
    let steps = try scales.withBytes { bytes in
      (0..<count).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
    let offsets = try zeros.map(Self.numbers) ?? Array(repeating: 0, count: count)
    var values = try Self.numbers(codes)
    for index in values.indices {
      let entry = count == 1 ? 0 : index / inner % count
      values[index] = (values[index] - offsets[entry]) * steps[entry]
    }
    return values.withUnsafeBytes { Array($0) }
  }

  private static func numbers(_ codes: Tensor) throws -> [Float] {
    let isSigned = codes.elementType == .i8
    return try codes.withBytes { bytes in
      bytes.map { isSigned ? Float(Int8(bitPattern: $0)) : Float($0) }
    }
  }
}
