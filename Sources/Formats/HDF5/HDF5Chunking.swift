import CZlib
import Tensors

/// How a tensor is cut into chunks and packed: along the first axes, so that each chunk is one run
/// of the tensor's bytes.
struct HDF5Chunking: Sendable {
  let lengths: [Int]
  let chunkLengths: [Int]
  private let elementSize: Int
  private let byteCount: Int

  /// What a chunk takes, at most, unless a single element takes more.
  private static let target = 512 << 10
  /// Below this, the table of chunks takes about as much as is saved.
  private static let smallest = 2048

  /// Nil where chunks do not pay.
  init?(_ tensor: Tensor) {
    guard tensor.byteCount >= Self.smallest, tensor.shape.rank > 0,
      let elementSize = tensor.elementType.byteWidth
    else { return nil }
    self.elementSize = elementSize
    byteCount = tensor.byteCount
    lengths = tensor.shape.lengths
    var chunkLengths = lengths
    var size = byteCount
    for axis in lengths.indices where size > Self.target {
      // What one step along this axis takes.
      let step = size / chunkLengths[axis]
      chunkLengths[axis] = max(1, Self.target / step)
      size = step * chunkLengths[axis]
    }
    self.chunkLengths = chunkLengths
  }

  var isShuffled: Bool { elementSize > 1 }

  /// One chunk, and where it goes.
  struct Piece: Sendable {
    var start: [Int]
    /// In the tensor; shorter than a chunk at the end of an axis.
    var range: Range<Int>
  }

  /// The chunks in row-major order.
  var pieces: [Piece] {
    let steps = zip(lengths, chunkLengths).map { ($0 + $1 - 1) / $1 }
    return (0..<steps.reduce(1, *)).map { index in
      var rest = index
      var start = [Int](repeating: 0, count: lengths.count)
      for axis in lengths.indices.reversed() {
        start[axis] = rest % steps[axis] * chunkLengths[axis]
        rest /= steps[axis]
      }
      let offset = zip(start, lengths).reduce(0) { $0 * $1.1 + $1.0 } * elementSize
      let extent = zip(start, zip(lengths, chunkLengths)).map { min($1.1, $1.0 - $0) }
      return Piece(
        start: start, range: offset..<(offset + extent.reduce(elementSize, *)))
    }
  }

  /// A chunk as it is stored; the mask says which filters were skipped.
  struct Packed: Sendable {
    var bytes: [UInt8]
    var mask: UInt32
  }

  /// Shuffles and deflates a piece, filled up with zeros to a whole chunk; what does not shrink is
  /// only shuffled.
  func pack(_ piece: UnsafeRawBufferPointer, level: Int) throws -> Packed {
    let whole = chunkLengths.reduce(elementSize, *)
    var shuffled = [UInt8](repeating: 0, count: whole)
    shuffled.withUnsafeMutableBytes { piece.shuffle(into: $0, width: elementSize) }
    var count = compressBound(UInt(whole))
    var status = Z_OK
    let deflated = [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, used in
      status = compress2(buffer.baseAddress, &count, shuffled, UInt(whole), Int32(level))
      used = status == Z_OK ? Int(count) : 0
    }
    guard status == Z_OK else { throw Failure(HDF5WriteReason.cannotCompress) }
    return deflated.count < whole
      ? Packed(bytes: deflated, mask: 0)
      : Packed(bytes: shuffled, mask: isShuffled ? 0b10 : 0b1)
  }
}

extension UnsafeRawBufferPointer {
  /// Takes elements apart for the shuffle filter: all first bytes, then all second bytes … of a
  /// chunk that may be larger than what there is.
  fileprivate func shuffle(into chunk: UnsafeMutableRawBufferPointer, width: Int) {
    let stride = chunk.count / width
    for byte in 0..<width {
      var source = byte
      var place = byte * stride
      while source < count {
        chunk[place] = self[source]
        source += width
        place += 1
      }
    }
  }
}
