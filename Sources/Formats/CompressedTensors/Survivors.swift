import Checkpoints
import Tensors

/// The values of a sparse weight and its mask, as compressed-tensors can hold them.
struct Survivors {
  /// Nil where the values are not quantized.
  let integers: UniformCodes?
  private let values: Tensor
  private let mask: Mask
  private let shape: Shape

  /// Nil where they are of another kind.
  init?(_ mask: Mask, _ values: Storage, of shape: Shape) {
    guard shape.rank == 2, shape.elementCount > 0, mask.denseShape == shape,
      mask.kept.elementType == .bool, mask.block.rank == 2, mask.block[0] > 0, mask.block[1] > 0,
      shape[0] % mask.block[0] == 0, shape[1] % mask.block[1] == 0,
      mask.kept.elementCount == shape.elementCount / mask.block.elementCount
    else { return nil }
    switch values {
    case .dense(let tensor):
      guard CompressedModule.floats.contains(tensor.elementType),
        tensor.elementCount <= shape.elementCount
      else { return nil }
      (integers, self.values) = (nil, tensor)
    case .quantized(let codes, let scheme):
      guard codes.elementCount <= shape.elementCount,
        let uniform = UniformCodes(codes, scheme, of: shape, count: codes.elementCount),
        // What is masked is a code of 0, and a number of 0 only without zero points.
        uniform.isSymmetric
      else { return nil }
      (integers, self.values) = (uniform, codes)
    default: return nil
    }
    self.mask = mask
    self.shape = shape
  }

  /// How many are kept, and of how many.
  var counts: (kept: Int, all: Int) { (values.elementCount, shape.elementCount) }

  /// Whether exactly two of every four columns are kept; the mask is only looked at where the counts allow it.
  func isTwoOfFour() throws -> Bool {
    guard shape[1] % 4 == 0, values.elementCount * 2 == shape.elementCount,
      mask.block == [1, 1]
    else { return false }
    return try mask.kept.withBytes { kept in
      stride(from: 0, to: kept.count, by: 4).allSatisfy { start in
        (0..<4).count { kept[start + $0] != 0 } == 2
      }
    }
  }

  func parts(in layout: WrittenWeight.Layout) -> [(String, Tensor)] {
    let (kept, values) = rowMajor
    let (bits, offsets) = Bitmask.packed(kept, shape, count: values.elementCount)
    let steps = integers?.steps ?? []
    if layout.isTwoOfFour {
      return [
        ("bitmask", bits), ("compressed", values.reshaped([shape[0], shape[1] / 2])),
        ("shape", Tensor(integers: shape.lengths, [2, 1])),
      ] + steps
    }
    return [
      ("bitmask", bits), ("compressed", values), ("row_offsets", offsets),
      ("shape", Tensor(integers: shape.lengths, [2])),
    ] + steps
  }

  /// The mask of single elements, and the values in the order of rows: those of blocks stand block after block.
  private var rowMajor: (kept: Tensor, values: Tensor) {
    let flat = values.reshaped([values.elementCount])
    if mask.block == [1, 1] { return (mask.kept.reshaped(shape), flat) }
    let tensors = Computation.tensors([(.bool, shape), (flat.elementType, flat.shape)]) {
      [mask, shape] in
      try mask.kept.withBytes { kept in
        try flat.withBytes { try Self.rowMajor(kept, $0, count: flat.elementCount, mask, shape) }
      }
    }
    return (tensors[0], tensors[1])
  }

  private static func rowMajor(
    _ kept: UnsafeRawBufferPointer, _ values: UnsafeRawBufferPointer, count: Int, _ mask: Mask,
    _ shape: Shape
  ) throws -> [[UInt8]] {
    let (height, width) = (mask.block[0], mask.block[1])
    let (columns, across) = (shape[1], shape[1] / width)
    // The place of each value among the survivors, one more than that where it is kept.
    var places = [Int](repeating: 0, count: shape.elementCount)
    var next = 0
    for block in kept.indices where kept[block] != 0 {
      for inner in 0..<(height * width) {
        next += 1
        let row = block / across * height + inner / width
        places[row * columns + block % across * width + inner % width] = next
      }
    }
    try Bitmask.check(next, values: count)
    let elementWidth = count > 0 ? values.count / count : 0
    var ordered: [UInt8] = []
    ordered.reserveCapacity(values.count)
    for place in places where place > 0 {
      ordered += values[((place - 1) * elementWidth)..<(place * elementWidth)]
    }
    return [places.map { $0 > 0 ? 1 : 0 }, ordered]
  }
}
