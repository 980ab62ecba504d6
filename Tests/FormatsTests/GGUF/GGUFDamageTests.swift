import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Formats

/// Damaged and hostile files are refused; none traps.
@Suite struct GGUFDamageTests {
  private let folder = try! TemporaryFolder()

  private func read(_ bytes: [UInt8]) throws -> Container {
    try GGUFFormat().read(try folder.file("x.gguf", bytes))
  }

  @Test func everyTruncationIsAnError() throws {
    let whole = try bytes(of: Places.sample("gguf/types.gguf"))
    for length in 0..<whole.count {
      #expect(throws: Failure.self, "\(length)") { try read(Array(whole[..<length])) }
    }
  }

  @Test(arguments: ["gguf/types.gguf", "gguf/bert-tiny.gguf"])
  func mutationsNeverTrap(_ sample: String) throws {
    let whole = try bytes(of: Places.sample(sample))
    let seed: UInt64 = 0x66CF
    var generator = SeededGenerator(seed: seed)
    var refused = 0
    for round in 0..<300 {
      do {
        for tensor in try read(mutated(whole, using: &generator)).tensors {
          #expect(try tensor.tensor.allBytes().count == tensor.tensor.byteCount)
        }
      } catch {
        #expect(error is Failure, "round \(round) of seed \(seed): \(error)")
        refused += 1
      }
    }
    #expect(refused > 100)
  }

  /// What takes more memory than it is worth is refused before any of it is made.
  @Test func structuresAreBounded() throws {
    func refuses(_ file: HandmadeGGUF, size: Int, _ message: String) throws {
      let path = try folder.file("large.gguf", file.bytes)
      try #require(truncate(path, size) == 0)
      let failure = #expect(throws: Failure.self) { try GGUFFormat().read(path) }
      #expect(failure?.description.contains(message) == true, "\(failure?.description ?? "")")
    }
    try refuses(
      HandmadeGGUF(tensorCount: (1 << 20) + 1), size: 1 << 26, "more than 1048576 tensors")
    let bytes = little(UInt32(0)) + little(UInt64(5_000_000))
    try refuses(
      HandmadeGGUF(values: [HandmadeGGUF.value("k", 9, bytes)]), size: 1 << 26,
      "more than 4194304 values")
    try refuses(
      HandmadeGGUF(values: [HandmadeGGUF.value("k", 8, little(UInt64(1 << 29)))]), size: 1 << 30,
      "more than 268435456 bytes stand before the data")
  }

  private typealias File = HandmadeGGUF

  /// What is refused, and a part of what is said.
  private static let hostile: [(HandmadeGGUF, String)] = [
    (File(magic: [UInt8]("GGML".utf8)), "does not begin with 'GGUF'"),
    (File(version: 1), "is of version 1"), (File(version: 4), "is of version 4"),
    (File(version: 0x0300_0000), "big-endian"),
    (File(tensorCount: .max), "18446744073709551615 as the number of tensors"),
    (File(tensorCount: 1 << 40), "number of tensors"), (File(valueCount: .max), "number of values"),
    (File(values: [File.value("k", 13, [0])]), "value type 13"),
    (File(values: [File.value("k", 7, [2])]), "a boolean is 2"),
    (File(values: [File.value("k", 8, little(UInt64.max))]), "length of a string"),
    (
      File(values: [File.value("k", 9, little(UInt32(5)) + little(UInt64.max))]),
      "length of an array"
    ),
    (
      File(values: [File.value("k", 9, little(UInt32(5)) + little(UInt64(1 << 62)))]),
      "length of an array"
    ),
    (File(values: [File.value("k", 9, little(UInt32(99)) + little(UInt64(1)))]), "value type 99"),
    (File(values: [File.value("k", 9, nest(5))]), "nested more than 4 deep"),
    (File(values: [File.value("k", 0, [1]), File.value("k", 0, [1])]), "duplicate key 'k'"),
    (File(values: [File.text8([0xFF]) + little(UInt32(0)) + [1]]), "the key is not UTF-8"),
    (
      File(values: [File.value(String(repeating: "k", count: 70000), 0, [1])]),
      "a key of 70000 bytes"
    ),
    (File(values: [File.value("general.alignment", 4, little(UInt32(0)))]), "alignment is 0"),
    (File(values: [File.value("general.alignment", 4, little(UInt32(48)))]), "alignment is 48"),
    (File(values: [File.value("general.alignment", 8, File.text("x"))]), "alignment is x"),
    (File(tensors: [File.tensor("a", [2], rank: 5)]), "has 5 axes"),
    (File(tensors: [File.tensor("a", [.max])]), "too many elements"),
    (File(tensors: [File.tensor("a", [1 << 31, 1 << 31, 1 << 31])]), "too many elements"),
    (File(tensors: [File.tensor("a", [0, .max])]), "too many elements"),
    (File(tensors: [File.tensor("a", [1 << 60])]), "too many elements"),
    (File(tensors: [File.tensor("a", [33], type: 8)]), "no multiple of 32, as type Q8_0"),
    (File(tensors: [File.tensor("a", [32], type: 12)]), "no multiple of 256"),
    (File(tensors: [File.tensor("a", [32], type: 23)]), "as type IQ4_XS"),
    (File(tensors: [File.tensor("a", [2], offset: 4)]), "no multiple of 32"),
    (File(tensors: [File.tensor("a", [2], offset: 64)]), "data ends at byte"),
    (File(tensors: [File.tensor("a", [2], offset: .max - 31)]), "data ends at byte"),
    (File(tensors: [File.tensor("a", [100])]), "data ends at byte"),
    (File(tensors: [File.tensor("a", [2]), File.tensor("b", [2])]), "overlaps that of 'a'"),
    (
      File(tensors: [File.tensor("a", [16]), File.tensor("b", [2], offset: 32)]),
      "overlaps that of 'a'"
    ),
    (
      File(tensors: [File.tensor("a", [2]), File.tensor("a", [2], offset: 32)]),
      "another tensor of this name"
    ),
    (File(tensors: [File.text8([0xC0]) + [UInt8](repeating: 0, count: 16)]), "name is not UTF-8"),
    (
      File(values: [File.value("split.count", 2, little(UInt16(3)))]),
      "its name does not end with that"
    ),
  ]

  /// Arrays in arrays.
  private static func nest(_ depth: Int) -> [UInt8] {
    (0..<depth).flatMap { _ in little(UInt32(9)) + little(UInt64(1)) } + little(UInt32(0))
      + little(UInt64(1)) + [1]
  }

  @Test(arguments: hostile.indices) func refuses(_ index: Int) throws {
    let (file, message) = Self.hostile[index]
    let failure = #expect(throws: Failure.self) { try read(file.bytes) }
    #expect(failure?.description.contains(message) == true, "\(failure?.description ?? "")")
    #expect(failure?.place.file != nil)
    #expect(failure?.reason.outcome == .badInput)
  }
}
