import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct GatherTests {
  @Test func indicesComeBackInTheirOrder() {
    let indices = [4, 5, 6, 2, 0, 1, 9]
    let gather = Gather(indices)
    #expect(gather.indices == indices)
    #expect(gather.runs == [4..<7, 2..<3, 0..<2, 9..<10])
    #expect(gather.count == 7)
  }

  @Test func stepsAreWholeOrNone() {
    #expect(Gather([4, 5, 0, 1]).inSteps(of: 2) == Gather([2, 0]))
    #expect(Gather([4, 5, 0]).inSteps(of: 2) == nil)
    #expect(Gather([1, 2]).inSteps(of: 2) == nil)
    #expect(Gather([2, 0]).times(2) == Gather([4, 5, 0, 1]))
  }

  /// Every range of the bytes, of tensors whose sources give all at once and of those that give rows.
  @Test(arguments: [1, 2, 4, 8], [true, false])
  func everyRangeIsThatOfTheWhole(_ width: Int, _ hasRows: Bool) throws {
    var generator = SeededGenerator(seed: UInt64(width))
    let (height, length) = (7, 11)
    let bytes = (0..<(height * length * width)).map { _ in
      UInt8.random(in: 0...255, using: &generator)
    }
    let type: ElementType = [1: .u8, 2: .f16, 4: .f32, 8: .f64][width]!
    let tensor = Tensor(
      type, [height, length], source: SmallPieces(bytes: bytes, pieceSize: length * width))
    let rows = hasRows ? [6, 0, 1, 2, 4] : Array(0..<height)
    for columns in [nil, [0, 1, 2, 10, 5], [3]] {
      let taken = tensor.taking(
        rows: hasRows ? Gather(rows) : nil, columns: columns.map { Gather($0) })
      let expected = rows.flatMap { row in
        (columns ?? Array(0..<length)).flatMap { column in
          bytes[((row * length + column) * width)..<((row * length + column + 1) * width)]
        }
      }
      #expect(taken.shape == [rows.count, columns?.count ?? length])
      #expect(try taken.allBytes() == expected)
      for _ in 0..<50 {
        let start = Int.random(in: 0...expected.count, using: &generator)
        let end = Int.random(in: start...expected.count, using: &generator)
        let part = try taken.source.withBytes(start..<end) { [UInt8]($0) }
        #expect(part == Array(expected[start..<end]))
      }
      #expect(
        try taken.source.pieces.flatMap { try taken.source.withBytes($0) { [UInt8]($0) } }
          == expected)
    }
  }

  @Test func aVectorHasRows() throws {
    let tensor = Tensor([0, 1, 2, 3, 4], [5])
    #expect(try tensor.taking(rows: Gather([3, 1])).floats() == [3, 1])
    #expect(tensor.taking(rows: Gather([])).shape == [0])
    #expect(try tensor.taking(rows: Gather([])).allBytes() == [])
  }
}

/// Bytes that ask to be read a few at a time.
private struct SmallPieces: TensorSource {
  let bytes: [UInt8]
  let pieceSize: Int
  var byteCount: Int { bytes.count }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}
