import Checkpoints
import Tensors

/// A rule by which parts of tensors are taken: `PATTERN=0:128,:`, a range for each axis from the first on; axes that are not mentioned stay whole.
public struct Slice: Sendable {
  /// As the user wrote it.
  public let text: String
  private let selection: Selection
  private let ranges: [(from: Int?, to: Int?)]

  /// - Throws: ``Failure`` of usage if the rule is not well-formed.
  public init(_ text: String) throws {
    self.text = text
    guard let divider = text.lastIndex(of: "="), divider > text.startIndex else {
      throw Failure(SurgeryReason.badSlice(text))
    }
    selection = try Selection(only: [String(text[..<divider])])
    ranges = try text[text.index(after: divider)...].split(
      separator: ",", omittingEmptySubsequences: false
    ).map { range in
      let ends = range.split(separator: ":", omittingEmptySubsequences: false)
      guard ends.count == 2 else { throw Failure(SurgeryReason.badSlice(text)) }
      let numbers = try ends.map { end -> Int? in
        guard !end.isEmpty else { return nil }
        guard let number = Int(end), number >= 0 else {
          throw Failure(SurgeryReason.badSlice(text))
        }
        return number
      }
      return (numbers[0], numbers[1])
    }
  }

  func applies(to role: String?, _ name: String) -> Bool {
    selection.contains(role: role, name: name)
  }

  /// The part of a tensor, whose bytes are lent as they lie in it.
  ///
  /// - Throws: ``Failure`` of usage if there is no such part.
  func part(of tensor: Tensor) throws -> Tensor {
    let shape = tensor.shape
    guard let width = tensor.elementType.byteWidth else {
      throw Failure(SurgeryReason.notWholeBytes)
    }
    guard ranges.count <= shape.rank else { throw Failure(SurgeryReason.beyondShape(text, shape)) }
    var (starts, lengths) = (shape.lengths.map { _ in 0 }, shape.lengths)
    for (axis, range) in ranges.enumerated() {
      let (start, end) = (range.from ?? 0, range.to ?? shape[axis])
      guard start < end, end <= shape[axis] else {
        throw Failure(SurgeryReason.beyondShape(text, shape))
      }
      (starts[axis], lengths[axis]) = (start, end - start)
    }
    var strides = shape.lengths.map { _ in 1 }
    for axis in strides.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    let offset = zip(starts, strides).reduce(0) { $0 + $1.0 * $1.1 }
    let view = StridedView(offset: offset, lengths: lengths, strides: strides)
    let part = Shape(lengths)
    guard view.isContiguous else {
      return Tensor(
        tensor.elementType, part, source: StridedSource(tensor.source, view, width: width))
    }
    let range = (offset * width)..<((offset + part.elementCount) * width)
    return Tensor(tensor.elementType, part, source: PartialSource(tensor.source, range))
  }
}
