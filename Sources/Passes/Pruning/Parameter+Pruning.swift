import Checkpoints
import Tensors

extension Parameter {
  /// The parameter with the matrices of its storage masked.
  ///
  /// - Parameter masks: those of the matrices of this parameter and of later ones; what is used is taken away.
  func pruned(by masks: inout ArraySlice<PruningMask>) -> Parameter {
    if case .factorized = storage {
      let (left, right) = (masks.removeFirst(), masks.removeFirst())
      return holding(.factorized(left: left.storage, right: right.storage))
    }
    let mask = masks.removeFirst()
    var result = holding(mask.storage)
    // Without going through a mask and its survivors, where those are weights.
    if mask.matrix.scheme == nil, mask.matrix.elements.elementType == elementType {
      result.stored = mask.maskedWeights
    }
    return result
  }
}

extension PruningMask {
  /// What is kept, as storage.
  fileprivate var storage: Storage {
    let values: Storage =
      matrix.scheme.map { .quantized(codes: survivors, scheme: $0) } ?? .dense(survivors)
    return .sparse(mask: mask, values: values)
  }
}

extension Mask {
  /// One element for each of the dense matrix, zero bytes where it is masked.
  ///
  /// - Parameter survivors: in the order of the mask.
  /// - Throws: ``Failure`` if they do not fit the mask.
  func expanded(_ survivors: Tensor) throws -> Tensor {
    guard survivors.elementType.byteWidth != nil, kept.elementType == .bool, block.rank == 2,
      denseShape.rank == 2, block.elementCount > 0, denseShape[0] % block[0] == 0,
      denseShape[1] % block[1] == 0,
      kept.elementCount == denseShape.elementCount / block.elementCount
    else {
      throw Failure(StorageReason.misfit("a mask", shape: kept.shape, of: "\(denseShape)"))
    }
    return Tensor(
      survivors.elementType, denseShape, source: ExpandedSource(mask: self, survivors: survivors))
  }
}

/// The elements under a mask, spread over the dense matrix.
private struct ExpandedSource: TensorSource {
  let mask: Mask
  let survivors: Tensor

  private var width: Int { survivors.elementType.byteWidth! }
  var byteCount: Int { mask.denseShape.elementCount * width }
  var pieceSize: Int { max(1, byteCount) }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try withScratch(byteCount) { scratch in
      for index in scratch.indices { scratch[index] = 0 }
      try mask.kept.withBytes { kept in
        try survivors.withBytes { try spread($0, by: kept, over: scratch) }
      }
      return try body(UnsafeRawBufferPointer(rebasing: scratch[range]))
    }
  }

  private func spread(
    _ values: UnsafeRawBufferPointer, by kept: UnsafeRawBufferPointer,
    over target: UnsafeMutableRawBufferPointer
  ) throws {
    let (height, run) = (mask.block[0], mask.block[1] * width)
    let (across, rowSize) = (mask.denseShape[1] / mask.block[1], mask.denseShape[1] * width)
    var place = 0
    for index in kept.indices where kept[index] != 0 {
      let start = index / across * height * rowSize + index % across * run
      guard place + height * run <= values.count else { break }
      for row in 0..<height {
        UnsafeMutableRawBufferPointer(rebasing: target[(start + row * rowSize)...].prefix(run))
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: values[place..<(place + run)]))
        place += run
      }
    }
    guard place == values.count else {
      throw Failure(
        StorageReason.misfit(
          "the codes under a mask", shape: survivors.shape, of: "\(mask.denseShape)"))
    }
  }
}
