import Kernels
import Tensors

extension StridedView {
  /// Whether it is a whole matrix seen by columns.
  private var isTransposedMatrix: Bool {
    lengths.count == 2 && lengths[0] > 1 && strides == [1, lengths[0]]
  }

  /// The tensor that a view of a storage is; its elements are put in order when they are asked for.
  ///
  /// - Parameter storage: the elements of the storage, in one row.
  func tensor(of storage: Tensor) throws -> Tensor {
    let type = storage.elementType
    let reach = try reach(within: storage.elementCount)
    let shape = Shape(lengths)
    guard let byteCount = shape.byteCount(of: type), let width = type.byteWidth else {
      throw Failure(StrideReason.shape(lengths, strides: strides))
    }
    guard byteCount <= Self.trustedByteCount || shape.elementCount <= storage.elementCount else {
      throw Failure(
        StrideReason.repeats(elements: shape.elementCount, stored: storage.elementCount))
    }
    if isContiguous || shape.elementCount == 0 {
      let range = (reach.lowerBound * width)..<(reach.lowerBound * width + byteCount)
      return Tensor(type, shape, source: PartialSource(storage.source, range))
    }
    if isTransposedMatrix {
      let range = (reach.lowerBound * width)..<(reach.lowerBound * width + byteCount)
      let matrix = Tensor(
        type, [lengths[1], lengths[0]], source: PartialSource(storage.source, range))
      return matrix.transposed()
    }
    return Tensor(type, shape, source: StridedSource(storage.source, self, width: width))
  }

  /// Beyond this, a tensor that repeats what is stored is not believed.
  private static let trustedByteCount = 1 << 30
}
