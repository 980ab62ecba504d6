import Encoders
import Kernels
import Tensors

/// The rows that a teacher gives for sequences, worked out some thousands at a time as a writer asks for them.
///
/// Nothing is kept. What a sequence gives does not depend on which others are asked for with it.
package struct TeacherRows: TensorSource {
  private let encoder: Encoder
  private let sequences: TokenStore
  private let elementType: ElementType
  private let threads: Int

  /// - Parameters:
  ///   - encoder: gives a row for each sequence or for each of its tokens; of hidden states those of the last layer count.
  ///   - elementType: a floating-point type that holds what the teacher gives.
  package static func tensor(
    of encoder: Encoder, for sequences: TokenStore, as elementType: ElementType, threads: Int
  ) -> Tensor {
    let source = TeacherRows(
      encoder: encoder, sequences: sequences, elementType: elementType, threads: threads)
    return Tensor(elementType, [source.rowCount, encoder.columns], source: source)
  }

  private var givesTokens: Bool { encoder.givesTokens || encoder.reading == .hiddenStates }
  private var rowCount: Int { givesTokens ? sequences.tokenCount : sequences.count }
  private var rowWidth: Int { encoder.columns * elementType.byteWidth! }

  package var byteCount: Int { rowCount * rowWidth }
  package var pieceSize: Int {
    // Of hidden states those of all layers are there at first.
    let states =
      encoder.reading == .hiddenStates ? (encoder.architecture.encoder?.layers.count ?? 0) + 1 : 1
    return max(1, rowWidth)
      * min(max(1, Self.numbers / (max(1, encoder.columns) * states)), Self.rows)
  }

  /// The most numbers that a teacher gives at a time, and the most rows.
  private static let numbers = 1 << 23
  private static let rows = 1 << 16

  package func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard !range.isEmpty else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    let wanted = (range.lowerBound / rowWidth)..<((range.upperBound - 1) / rowWidth + 1)
    return try withScratch(wanted.count * rowWidth) { scratch in
      try fill(scratch, with: wanted)
      let start = range.lowerBound - wanted.lowerBound * rowWidth
      return try body(
        UnsafeRawBufferPointer(rebasing: scratch[start..<(start + range.count)]))
    }
  }

  private func fill(_ target: UnsafeMutableRawBufferPointer, with wanted: Range<Int>) throws {
    let first = sequence(ofRow: wanted.lowerBound)
    let asked = first..<(sequence(ofRow: wanted.upperBound - 1) + 1)
    let outputs = try encoder.outputs(for: asked.map { sequences[$0] }, threads: threads)
    for (index, output) in zip(asked, outputs) {
      let rows = givesTokens ? sequences.range(of: index) : index..<(index + 1)
      let kept = rows.clamped(to: wanted)
      // Of hidden states those of the last layer come last.
      let skipped = output.rows - rows.count + kept.lowerBound - rows.lowerBound
      let offset = (kept.lowerBound - wanted.lowerBound) * rowWidth
      let part = UnsafeMutableRawBufferPointer(
        rebasing: target[offset..<(offset + kept.count * rowWidth)])
      let overflows = output.values.withUnsafeBytes { values in
        let width = output.columns * 4
        return Cast.convert(
          UnsafeRawBufferPointer(
            rebasing: values[(skipped * width)..<((skipped + kept.count) * width)]),
          .f32, to: part, elementType)
      }
      guard overflows == 0 else { throw Failure(DistillationReason.tooGreat(elementType)) }
    }
  }

  private func sequence(ofRow row: Int) -> Int {
    guard givesTokens else { return row }
    var (low, high) = (0, sequences.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sequences.range(of: middle).upperBound > row { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
