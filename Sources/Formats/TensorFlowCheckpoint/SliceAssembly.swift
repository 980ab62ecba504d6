import Tensors

/// The parts of a variable, to be put together along the one axis that they divide.
struct SliceAssembly {
  struct Part {
    /// Of each axis.
    let ranges: [Range<Int>]
    let source: any TensorSource
  }

  let parts: [Part]
  let shape: Shape
  /// In bytes.
  let elementSize: Int

  /// - Parameter place: that of the variable in the index, for errors.
  /// - Throws: ``Failure`` unless the parts fill the variable, each element once.
  func source(at place: Int) throws -> any TensorSource {
    guard shape.elementCount > 0 else { return MemorySource([]) }
    let divided = shape.lengths.indices.filter { axis in
      parts.contains { $0.ranges[axis].count < shape[axis] }
    }
    guard divided.count <= 1 else {
      throw Failure(BundleReason.slicedAxes, at: Place(offset: place))
    }
    guard let axis = divided.first else {
      guard parts.count == 1 else {
        throw Failure(BundleReason.slicedAxes, at: Place(offset: place))
      }
      return parts[0].source
    }
    let rowCount = shape.lengths[..<axis].reduce(1, *)
    let elementCount = shape.lengths[(axis + 1)...].reduce(1, *) * elementSize
    var (end, placed) = (0, [SlicedSource.Part]())
    let filled = parts.filter { !$0.ranges[axis].isEmpty }
    for part in filled.sorted(by: { $0.ranges[axis].lowerBound < $1.ranges[axis].lowerBound }) {
      let range = part.ranges[axis]
      guard range.lowerBound == end else {
        throw Failure(
          BundleReason.sliceGap(end, range.lowerBound, axis: axis), at: Place(offset: place))
      }
      end = range.upperBound
      placed.append(
        SlicedSource.Part(
          part.source, start: range.lowerBound * elementCount,
          width: range.count * elementCount))
    }
    guard end == shape[axis] else {
      throw Failure(BundleReason.sliceGap(end, shape[axis], axis: axis), at: Place(offset: place))
    }
    return SlicedSource(parts: placed, rowCount: rowCount, rowSize: shape[axis] * elementCount)
  }
}
