import Coding
import Glibc
import Tensors
import TestSupport
import Testing

@Suite struct PlaneStreamTests {
  @Test(arguments: [0, 1, 7, 1000, 70_001])
  func weightsComeBack(_ count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    let weights = normalReals(count, using: &generator).map { $0 * 0.04 }
    for rowLength in [nil, 3, 100] {
      let streams: [(ElementType, [UInt8])] = [
        (.f64, bytes(weights)), (.f32, bytes(weights.map { Float($0) })),
        (.f16, bytes(weights.map { Float16($0).bitPattern })),
        (.bf16, bytes(weights.map { UInt16(Float($0).bitPattern >> 16) })),
      ]
      for (type, elements) in streams {
        let (isSame, size) = try roundTrip(.floats, type, elements, rowLength: rowLength)
        #expect(isSame)
        if count > 10_000 { #expect(size < elements.count * 93 / 100) }
      }
    }
  }

  @Test func everyHalfComesBackBitForBit() throws {
    let all = bytes(Array(UInt16.min...UInt16.max))
    #expect(try roundTrip(.floats, .f16, all, rowLength: 256).isSame)
    #expect(try roundTrip(.floats, .bf16, all, rowLength: 256).isSame)
  }

  @Test func specialValuesComeBackBitForBit() throws {
    var generator = SeededGenerator(seed: 5)
    let special: [UInt32] = [
      0, 1 << 31, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0001, 0xFFFF_FFFF, 0x7F80_0001, 1, 0x807F_FFFF,
    ]
    let some = (0..<40_000).map { _ in special.randomElement(using: &generator)! }
    #expect(try roundTrip(.floats, .f32, bytes(some), rowLength: 100).isSame)
    #expect(try roundTrip(.floats, .f64, bytes(some)).isSame)
    let any = (0..<40_000).map { _ in UInt32.random(in: 0 ... .max, using: &generator) }
    #expect(try roundTrip(.floats, .f32, bytes(any), rowLength: 100).isSame)
  }

  /// Halves in singles: the low bytes are constant.
  @Test func singlesThatWereHalvesTakeLittleMoreThanHalves() throws {
    var generator = SeededGenerator(seed: 6)
    let halves = normalReals(100_000, using: &generator).map { Float16($0 * 0.04) }
    let narrow = try roundTrip(.floats, .f16, bytes(halves.map(\.bitPattern)))
    let wide = try roundTrip(.floats, .f32, bytes(halves.map { Float($0) }))
    #expect(narrow.isSame && wide.isSame)
    #expect(wide.size < narrow.size * 110 / 100)
  }

  @Test func bytesOfAnyTypeComeBack() throws {
    for type in ElementType.allCases {
      let elements = (0..<960).map { UInt8(truncatingIfNeeded: $0 / 7) }
      #expect(try roundTrip(.bytes, type, elements).isSame)
    }
    let positions = bytes((0..<512).map { Int64($0) })
    let (isSame, size) = try roundTrip(.bytes, .i64, positions)
    #expect(isSame)
    #expect(size < 700)
  }
}
