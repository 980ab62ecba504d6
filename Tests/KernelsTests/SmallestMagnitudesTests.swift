import Tensors
import TestSupport
import Testing

@testable import Kernels

@Suite struct SmallestMagnitudesTests {
  /// Against a stable sort: many sizes of pieces, many equal numbers, signs, zeros and non-numbers.
  @Test(arguments: [2, 5, 1000])
  func takesWhatAStableSortPutsFirst(_ distinct: Int) throws {
    var generator = SeededGenerator(seed: UInt64(distinct))
    let values: [Float] =
      [0, -0.0, .infinity, .nan, .leastNonzeroMagnitude]
      + (0..<distinct).map { _ in Float.random(in: -1...1, using: &generator) }
    let tensors = [37, 0, 256, 1].map { count in
      (0..<count).map { _ in values.randomElement(using: &generator)! }
    }
    let sorted = tensors.enumerated().flatMap { tensor, values in
      values.indices.map { (tensor, $0, values[$0].bitPattern & 0x7FFF_FFFF) }
    }.sorted { $0.2 < $1.2 }  // Swift's sort is stable.
    for count in [0, 1, 2, 36, 37, 38, 100, 200, 292, 293, 294, 1000] {
      let expected = Set(sorted.prefix(count).map { [$0.0, $0.1] })
      for (threads, piece) in [(1, 4), (2, 60), (3, 4096)] {
        let choice = try SmallestMagnitudes(
          count,
          of: tensors.map {
            Tensor(.f32, [$0.count], source: PieceSource($0, pieceSize: piece))
          }, threads: threads)
        var taken: Set<[Int]> = []
        for (tensor, values) in tensors.enumerated() {
          for (place, value) in values.enumerated() {
            let key = MagnitudeCut.key(value.bitPattern)
            if choice.cuts[tensor].takes(key, at: place) { taken.insert([tensor, place]) }
          }
        }
        #expect(taken == expected, "\(count) by \(threads) threads in pieces of \(piece)")
      }
    }
  }

  @Test func takesExactlyAsManyOfEqualOnes() throws {
    let tensors = [100, 50].map { Tensor([Float](repeating: -2, count: $0), [$0]) }
    let choice = try SmallestMagnitudes(120, of: tensors, threads: 2)
    let key = Float(2).bitPattern
    #expect(
      choice.cuts == [MagnitudeCut(key: key, end: 100), MagnitudeCut(key: key, end: 20)])
  }

  @Test(arguments: [0, 1, 2, 7, 40, 99, 100, 200])
  func takesAsManyOfOneArray(_ count: Int) {
    var generator = SeededGenerator(seed: 11)
    let values = (0..<100).map { _ in Float(Int.random(in: -5...5, using: &generator)) / 4 }
    let expected = values.indices.sorted { (abs(values[$0]), $0) < (abs(values[$1]), $1) }
    let cut = MagnitudeCut(smallest: count, of: values)
    let taken = values.indices.filter {
      cut.takes(MagnitudeCut.key(values[$0].bitPattern), at: $0)
    }
    #expect(Set(taken) == Set(expected.prefix(count)))
  }

  @Test func failuresAreThoseOfTheSource() throws {
    let tensors = [Tensor([1, 2], [2]), Tensor(.f32, [3], source: BrokenSource())]
    #expect(throws: Failure.self) { try SmallestMagnitudes(2, of: tensors, threads: 2) }
  }
}

/// Floats that are lent as a source likes.
private struct PieceSource: TensorSource {
  let memory: MemorySource
  let pieceSize: Int

  init(_ values: [Float], pieceSize: Int) {
    memory = MemorySource(values.withUnsafeBytes { [UInt8]($0) })
    self.pieceSize = pieceSize
  }

  var byteCount: Int { memory.byteCount }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try memory.withBytes(range, body)
  }
}

private struct BrokenSource: TensorSource {
  var byteCount: Int { 12 }
  var pieceSize: Int { 12 }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    throw Failure(ScratchReason.noMemory(1))
  }
}
