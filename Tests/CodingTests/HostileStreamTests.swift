import Coding
import Tensors
import TestSupport
import Testing

/// Damaged streams decode to something, or are refused: never more than that.
@Suite struct HostileStreamTests {
  /// Streams of every kind and form, each small.
  private static func streams() throws -> [CodedStream] {
    var generator = SeededGenerator(seed: 1)
    let weights = (0..<20).flatMap { row in
      normalReals(24, using: &generator).map { Float($0) * Float(1 + row % 7) }
    }
    let codes = weights.map { Int8(clamping: Int($0 * 2)) }
    let wide = weights.map { Int32(clamping: Int($0 * 700)) } + [.max, .min]
    let mask = codes.map { UInt8($0 > 2 ? 1 : 0) }
    let pairs = (0..<120).flatMap { _ in [1, 1, 0, 0].shuffled(using: &generator) }
    return [
      try CodedStream(.codes, .i8, bytes(codes), rowLength: 24),
      try CodedStream(.codes, .i32, bytes(wide), rowLength: 24),
      try CodedStream(.codes, .u8, bytes(wide)),
      try CodedStream(.mask, .bool, mask, rowLength: 24),
      try CodedStream(.mask, .bool, pairs.map(UInt8.init), rowLength: 24),
      try CodedStream(.floats, .f32, bytes(weights), rowLength: 24),
      try CodedStream(.bytes, .i64, bytes((0..<300).map { Int64($0 * $0) })),
    ]
  }

  @Test func aStreamCutAnywhereIsRefused() throws {
    for stream in try Self.streams() {
      for length in stream.table.indices {
        var cut = stream
        cut.table = Array(stream.table[..<length])
        #expect(throws: Failure.self) { try cut.decoded() }
      }
      for length in stream.chunks[0].indices {
        var cut = stream
        cut.chunks[0] = Array(stream.chunks[0][..<length])
        #expect(throws: Failure.self) { try cut.decoded() }
        #expect(throws: Failure.self) { try cut.decoded(.baseline) }
      }
    }
  }

  @Test func bytesThatFollowAreRefused() throws {
    for stream in try Self.streams() {
      var longer = stream
      longer.chunks[0].append(0)
      #expect(throws: Failure.self) { try longer.decoded() }
      longer = stream
      longer.table.append(0)
      #expect(throws: Failure.self) { try longer.decoded() }
    }
  }

  @Test func damageIsRefusedOrDecodesAlikeWithAllInstructions() throws {
    let rounds = 500
    for (index, stream) in try Self.streams().enumerated() {
      var refused = 0
      for seed in 0..<rounds {
        var generator = SeededGenerator(seed: UInt64(index * rounds + seed))
        var damaged = stream
        if Bool.random(using: &generator) {
          damaged.table = mutated(stream.table, using: &generator)
        } else {
          damaged.chunks[0] = mutated(stream.chunks[0], using: &generator)
        }
        let plain = Result { try damaged.decoded(.baseline) }
        let fast = Result { try damaged.decoded() }
        switch (plain, fast) {
        case (.success(let plain), .success(let fast)):
          #expect(plain == fast, "stream \(index), seed \(seed)")
        case (.failure(let plain), .failure(let fast)):
          refused += 1
          #expect(plain is Failure && "\(plain)" == "\(fast)", "stream \(index), seed \(seed)")
        default: Issue.record("refused by one only: stream \(index), seed \(seed)")
        }
      }
      #expect(refused > rounds / 4)
    }
  }

  @Test func noiseIsRefusedOrDecodes() throws {
    var generator = SeededGenerator(seed: 3)
    for stream in try Self.streams() {
      for _ in 0..<500 {
        var noise = stream
        let length = Int.random(in: 0..<200, using: &generator)
        noise.chunks[0] =
          [1] + (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
        _ = try? noise.decoded()
      }
    }
  }

  @Test func aChunkMayNotBeLargerThanAllowed() {
    // Rows of 65,536 and 17 of them in a chunk: more than 2²⁰ elements.
    let stream = CodedStream(
      .codes, .u8, elementCount: 1 << 30, table: [0x80, 0x80, 0x04, 17, 0, 1], chunks: [])
    #expect(throws: Failure.self) { try stream.decoded() }
  }
}
