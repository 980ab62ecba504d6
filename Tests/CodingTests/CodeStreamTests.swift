import Coding
import Glibc
import Tensors
import TestSupport
import Testing

@Suite struct CodeStreamTests {
  @Test(arguments: [0, 1, 2, 7, 8, 9, 15, 255, 1023, 1025, 70_001])
  func everySizeComesBack(_ count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    let codes = normal(count, deviation: 3, using: &generator).map { Int8(clamping: $0) }
    for rowLength in [nil, 1, 8, 13, 384] {
      #expect(try roundTrip(.codes, .i8, bytes(codes), rowLength: rowLength).isSame)
    }
  }

  @Test func everyValueOfAByteComesBack() throws {
    let all = (0..<4096).map { UInt8(truncatingIfNeeded: $0 * 7) }
    #expect(try roundTrip(.codes, .u8, all, rowLength: 64).isSame)
    #expect(try roundTrip(.codes, .i8, all, rowLength: 64).isSame)
  }

  @Test func aConstantTakesNextToNothing() throws {
    for value in [Int8(0), -128, 127] {
      let stream = bytes([Int8](repeating: value, count: 100_000))
      let (isSame, size) = try roundTrip(.codes, .i8, stream, rowLength: 100)
      #expect(isSame)
      #expect(size < 64)
    }
  }

  @Test func extremeIntegersComeBack() throws {
    var generator = SeededGenerator(seed: 3)
    let extremes: [Int32] = [.min, .max, 0, -1, 1, .min + 1, .max - 1]
    let small = normal(5000, deviation: 2, using: &generator).map { Int32(clamping: $0) }
    for values in [
      extremes, small, small + extremes, extremes + small + extremes,
      (0..<5000).map { _ in Int32.random(in: .min ... .max, using: &generator) },
    ] {
      #expect(try roundTrip(.codes, .i32, bytes(values)).isSame)
      #expect(try roundTrip(.codes, .u32, bytes(values), rowLength: 50).isSame)
    }
  }

  @Test func everyWidthComesBack() throws {
    var generator = SeededGenerator(seed: 4)
    for deviation in [0.3, 40, 900, 20_000] {
      let values = normal(20_000, deviation: deviation, using: &generator)
      #expect(
        try roundTrip(.codes, .i16, bytes(values.map { Int16(clamping: $0) }), rowLength: 200)
          .isSame)
      #expect(
        try roundTrip(.codes, .u16, bytes(values.map { UInt16(clamping: $0 + 30_000) })).isSame)
      #expect(
        try roundTrip(.codes, .i32, bytes(values.map { Int32(clamping: $0) }), rowLength: 40)
          .isSame)
    }
  }

  /// A distribution of 11 bits: 8 of them symbols, the lower ones as they are.
  @Test func wideSmoothIntegersTakeAboutTheirEntropy() throws {
    var generator = SeededGenerator(seed: 5)
    let values = normal(60_000, deviation: 500, using: &generator).map { Int16(clamping: $0) }
    var counts = [Int](repeating: 0, count: 1 << 16)
    for value in values { counts[Int(value) + 32768] += 1 }
    let bound = ShannonBound.bits(counts: counts)
    let (isSame, size) = try roundTrip(.codes, .i16, bytes(values))
    #expect(isSame)
    #expect(Double(size * 8) < 1.02 * bound)
  }

  @Test func codesTakeAboutTheirEntropy() throws {
    var generator = SeededGenerator(seed: 6)
    for deviation in [0.4, 1.5, 30] {
      let codes = normal(150_000, deviation: deviation, using: &generator)
        .map { Int8(clamping: $0) }
      let bound = ShannonBound.bits(counts: counts(bytes(codes)))
      let (isSame, size) = try roundTrip(.codes, .i8, bytes(codes), rowLength: 400)
      #expect(isSame)
      #expect(Double(size * 8) < 1.01 * bound)
    }
  }

  /// Rows and columns of different spread: one table for all would need what the order-0 bound says.
  @Test func rowsAndColumnsThatDifferTakeLessThanTheBound() throws {
    var generator = SeededGenerator(seed: 7)
    let codes = (0..<256).flatMap { row in
      normalReals(512, using: &generator).enumerated().map { column, value in
        Int8(clamping: Int((value * exp2(Double(row % 5) + Double(column % 3) - 1)).rounded()))
      }
    }
    let bound = ShannonBound.bits(counts: counts(bytes(codes)))
    let (isSame, size) = try roundTrip(.codes, .i8, bytes(codes), rowLength: 512)
    #expect(isSame)
    #expect(Double(size * 8) < 0.9 * bound)
  }

  @Test func noiseIsKeptAsItIs() throws {
    var generator = SeededGenerator(seed: 8)
    let noise = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let (isSame, size) = try roundTrip(.codes, .u8, noise, rowLength: 300)
    #expect(isSame)
    #expect(size < noise.count + 400)
  }

  @Test func theSameElementsGiveTheSameBytesInAnyOrderOfChunks() throws {
    var generator = SeededGenerator(seed: 9)
    let codes = bytes(
      normal(700_000, deviation: 4, using: &generator).map { Int8(clamping: $0) })
    let first = try CodedStream(.codes, .i8, codes, rowLength: 700)
    #expect(first.chunks.count == 3)
    #expect(try CodedStream(.codes, .i8, codes, rowLength: 700) == first)
    let encoder = try StreamKind.codes.encoder(of: MemorySource(codes), .i8, rowLength: 700)
    for index in [2, 0, 1] {
      let range = encoder.layout.chunk(index)
      let again = try codes[range].withUnsafeBytes { try encoder.encode($0, chunk: index) }
      #expect(again == first.chunks[index])
    }
  }

  @Test func floatsAreNoCodes() {
    #expect(throws: Failure.self) { try CodedStream(.codes, .f32, [0, 0, 0, 0]) }
  }
}

/// How often each byte occurs.
func counts(_ bytes: [UInt8]) -> [Int] {
  var counts = [Int](repeating: 0, count: 256)
  for byte in bytes { counts[Int(byte)] += 1 }
  return counts
}

/// Normally distributed integers.
func normal(_ count: Int, deviation: Double, using generator: inout SeededGenerator) -> [Int] {
  normalReals(count, using: &generator).map { Int((deviation * $0).rounded()) }
}

/// Normally distributed numbers of variance 1 (Box and Muller, 1958).
func normalReals(_ count: Int, using generator: inout SeededGenerator) -> [Double] {
  (0..<count).map { _ in
    let radius = (-2 * log(1 - Double.random(in: 0..<1, using: &generator))).squareRoot()
    return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &generator))
  }
}
