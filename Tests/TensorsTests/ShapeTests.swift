import Synchronization
import TestSupport
import Testing

@testable import Tensors

@Suite struct ShapeTests {
  @Test func countsElements() {
    #expect(Shape([]).elementCount == 1)
    #expect(Shape([3, 0, 5]).elementCount == 0)
    #expect(Shape([30522, 384]).elementCount == 11_720_448)
  }

  @Test(arguments: [[-1], [Int.max, 2], [1 << 32, 1 << 32], [2, -3]])
  func refusesWhatDoesNotFit(_ lengths: [Int]) {
    #expect(Shape(checking: lengths) == nil)
  }

  @Test func bytesEndOnAByte() {
    #expect(Shape([3]).byteCount(of: .f4) == nil)
    #expect(Shape([4]).byteCount(of: .f4) == 2)
    #expect(Shape([4]).byteCount(of: .f6e2m3) == 3)
    #expect(Shape([Int.max]).byteCount(of: .f64) == nil)
  }
}

@Suite struct FailureTests {
  private enum Sample: Reason {
    case broken
    var description: String { "broken" }
  }

  @Test func namesPlaceAndReason() {
    let failure = Failure(Sample.broken, at: Place(offset: 12))
      .within(Place(file: "a.bin", offset: 99, tensor: "x"))
    #expect(failure.description == "a.bin: tensor 'x': at byte 12: broken")
  }

  @Test func escapesWhatATerminalWouldObey() {
    #expect(printable("a\u{1B}[31mb\n") == "a\\u{1b}[31mb\\u{a}")
    #expect(printable(String(repeating: "x", count: 1000)).count == 301)
  }
}

@Suite struct WorkersTests {
  @Test(arguments: [1, 2, 7])
  func everyItemOnce(threads: Int) throws {
    let seen = Counters(100)
    try Workers.forEach(Array(0..<100), threads: threads) { seen.add($0) }
    #expect(seen.counts == [Int](repeating: 1, count: 100))
  }

  private struct Stop: Error, Equatable { let item: Int }

  @Test(arguments: [1, 3])
  func earliestFailureWins(threads: Int) {
    #expect(throws: Stop(item: 5)) {
      try Workers.forEach(Array(0..<100), threads: threads) { item in
        if item >= 5 { throw Stop(item: item) }
      }
    }
  }
}

private final class Counters: Sendable {
  private let values: Mutex<[Int]>

  init(_ count: Int) { values = Mutex([Int](repeating: 0, count: count)) }

  func add(_ index: Int) { values.withLock { $0[index] += 1 } }
  var counts: [Int] { values.withLock { $0 } }
}
