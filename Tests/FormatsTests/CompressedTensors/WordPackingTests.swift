import Tensors
import TestSupport
import Testing

@testable import Formats

@Suite struct WordPackingTests {
  /// What compressed-tensors 0.20.0 packs of 33 values, `((7 i + 3) mod 2^bits) - 2^(bits - 1)`.
  static let vectors: [(bits: Int, words: [UInt32])] = [
    (2, [0x1b1b_1b1b, 0x1b1b_1b1b, 0x0000_0003]),
    (3, [0x5397_7053, 0x7053_9770, 0x9770_5397, 0x0000_0003]),
    (4, [0x4d6f_81a3, 0xc5e7_092b, 0x4d6f_81a3, 0xc5e7_092b, 0x0000_0003]),
    (5, [0x4dfc_4543, 0x7824_5ba3, 0x0753_617d, 0x4b27_6cf4, 0xe55c_7066, 0x0000_0003]),
    (
      6,
      [
        0x9f61_1283, 0x90bb_d2d9, 0xb257_9740, 0x8f20_1eb3, 0x9cab_91d5, 0x7153_8703, 0x0000_0023,
      ]
    ),
    (
      8,
      [
        0x1811_0a03, 0x342d_261f, 0x5049_423b, 0x6c65_5e57, 0x8881_7a73, 0xa49d_968f, 0xc0b9_b2ab,
        0xdcd5_cec7, 0x0000_00e3,
      ]
    ),
  ]

  private func values(_ bits: Int, count: Int) -> [Int8] {
    let (range, half) = (1 << bits, 1 << (bits - 1))
    return (0..<count).map { index -> Int8 in Int8((7 * index + 3) % range - half) }
  }

  private func tensor(_ values: [Int8], _ shape: Shape) -> Tensor {
    Tensor(.i8, shape, source: MemorySource(values.map { UInt8(bitPattern: $0) }))
  }

  @Test(arguments: vectors) func packsAsTheLibraryDoes(_ bits: Int, _ words: [UInt32]) throws {
    let packing = WordPacking.dense(bits)
    #expect(packing.wordCount(of: 33) == words.count)
    let source = tensor(values(bits, count: 33), [1, 33])
    let packed = packing.words(
      of: source, .rows(of: 33), lines: 1, length: 33, to: .rows(of: words.count),
      shape: [1, words.count])
    #expect(try packed.allBytes() == words.withUnsafeBytes { [UInt8]($0) })
    let unpacked = packing.values(
      of: packed, .rows(of: words.count), lines: 1, length: 33, to: .rows(of: 33), shape: [1, 33])
    #expect(try unpacked.allBytes() == source.allBytes())
  }

  /// Any bits, any length, along rows and down columns, come back.
  @Test(arguments: 1...8) func unpackingUndoesPacking(_ bits: Int) throws {
    var generator = SeededGenerator(seed: UInt64(bits))
    for length in [1, 4, 5, 31, 32, 33, 64, 97] {
      for packing in [WordPacking.dense(bits), .perWord(bits)] {
        let lines = Int.random(in: 1...5, using: &generator)
        let half = packing.half
        let codes = (0..<(lines * length)).map { _ in
          Int8(Int.random(in: -half..<half, using: &generator))
        }
        let words = try #require(packing.wordCount(of: length))
        for (inner, outer) in [
          (Strides.rows(of: length), Strides.rows(of: words)),
          (.columns(of: lines), .columns(of: lines)),
        ] {
          let source = tensor(codes, [lines * length])
          let packed = packing.words(
            of: source, inner, lines: lines, length: length, to: outer, shape: [lines * words])
          let unpacked = packing.values(
            of: packed, outer, lines: lines, length: length, to: inner, shape: [lines * length])
          #expect(
            try unpacked.allBytes() == source.allBytes(), "\(bits) bits, \(length), \(packing)")
        }
      }
    }
  }

  @Test func theShapeTellsThePacking() {
    #expect(WordPacking.found(3, length: 384, words: 36, isOld: false) == .dense(3))
    #expect(WordPacking.found(3, length: 384, words: 39, isOld: false) == .perWord(3))
    #expect(WordPacking.found(3, length: 384, words: 36, isOld: true) == .dense(3))
    #expect(WordPacking.found(3, length: 384, words: 37, isOld: false) == nil)
    // 33 values of 3 bits take 4 words in both.
    #expect(WordPacking.found(3, length: 33, words: 4, isOld: false) == .dense(3))
    #expect(WordPacking.found(3, length: 33, words: 4, isOld: true) == .perWord(3))
    #expect(WordPacking.dense(8).wordCount(of: .max) == nil)
  }

  @Test func aCodeBeyondItsBitsIsAnError() throws {
    let packed = WordPacking.dense(4).words(
      of: tensor([0, 7, -8, 8], [1, 4]), .rows(of: 4), lines: 1, length: 4, to: .rows(of: 1),
      shape: [1, 1])
    let failure = #expect(throws: Failure.self) { try packed.allBytes() }
    #expect(failure?.description == "the code 8 does not fit 4 bits")
  }
}
