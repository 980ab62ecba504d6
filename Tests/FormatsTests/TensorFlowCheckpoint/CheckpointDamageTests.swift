import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

/// Damaged checkpoints are errors; they never crash or hang.
@Suite struct CheckpointDamageTests {
  private let folder = try! TemporaryFolder()

  /// - Parameter data: nil for what was there before.
  private func open(_ index: [UInt8], _ data: [UInt8]? = nil) throws {
    let path = try folder.file("x.index", index)
    if let data { _ = try folder.file("x.data-00000-of-00001", data) }
    let container = try TensorFlowCheckpointFormat().read(path, options: ReadOptions())
    for tensor in container.tensors { _ = try tensor.tensor.withBytes { $0.count } }
  }

  private func sample(_ prefix: String) throws -> (index: [UInt8], data: [UInt8]) {
    let path = CheckpointGolden.path(prefix)
    return (try bytes(of: "\(path).index"), try bytes(of: "\(path).data-00000-of-00001"))
  }

  private static let samples = [
    "types/all", "partitioned/model.ckpt", "partitioned/compressed",
    "partitioned/compressed-blocks",
  ]

  @Test(arguments: samples) func everyTruncationOfTheIndexIsRefused(_ prefix: String) throws {
    let (index, data) = try sample(prefix)
    try open(index, data)
    for length in 0..<index.count {
      let failure = #expect(throws: Failure.self, "\(length) bytes") {
        try open(Array(index[..<length]))
      }
      #expect(failure?.reason.outcome == .badInput)
    }
  }

  /// Checksums see every bit of blocks and of data; nobody looks at the block of metadata, which is empty.
  @Test(arguments: samples) func changedBytesAreRefused(_ prefix: String) throws {
    let (index, data) = try sample(prefix)
    try open(index, data)
    let accepted = (0..<(index.count - 48)).count { place in
      var damaged = index
      damaged[place] ^= 1 << UInt8(place % 8)
      return (try? open(damaged)) != nil
    }
    #expect(accepted <= 8 + TableBlock.trailerSize)
    // Of other types than ours only the place is looked at.
    let read = prefix == "types/all" ? 0..<0 : 0..<data.count
    for place in stride(from: 0, to: read.upperBound, by: 61) {
      var damaged = data
      damaged[place] ^= 1 << UInt8(place % 8)
      #expect(throws: Failure.self, "\(place)") { try open(index, damaged) }
      #expect(throws: Failure.self) { try open(index, Array(data[..<place])) }
    }
  }

  @Test(arguments: samples + ["google/bert_model.ckpt", "garden/encoder-1", "types/big-endian"])
  func mutationsNeverTrap(_ prefix: String) throws {
    let seed: UInt64 = 51
    var generator = SeededGenerator(seed: seed)
    let (index, data) = try sample(prefix)
    try open(index, data)
    for round in 0..<300 {
      do {
        try open(mutated(index, using: &generator))
      } catch {
        #expect(error is Failure, "\(prefix), seed \(seed), round \(round): \(error)")
      }
    }
  }

  /// What stands behind right checksums: entries are mutated, and the table made anew.
  @Test(arguments: samples) func mutationsBehindChecksumsNeverTrap(_ prefix: String) throws {
    let seed: UInt64 = 52
    var generator = SeededGenerator(seed: seed)
    let (index, data) = try sample(prefix)
    try open(index, data)
    let file = try InputFile(folder.file("whole.index", index))
    var entries: [TableFixture.Entry] = []
    try SortedTable(file).visitEntries { entries.append(.init($0.key, $0.value)) }
    var readable = 0
    for round in 0..<300 {
      var changed = entries
      let place = Int.random(in: changed.indices, using: &generator)
      changed[place].value = mutated(changed[place].value, using: &generator)
      do {
        try open(TableFixture(changed).bytes)
        readable += 1
      } catch {
        #expect(error is Failure, "\(prefix), seed \(seed), round \(round): \(error)")
      }
      let block = mutated(TableFixture.block(entries), using: &generator)
      do {
        try open(TableFixture(blocks: [block]).bytes)
      } catch {
        #expect(error is Failure, "\(prefix), seed \(seed), round \(round): \(error)")
      }
    }
    #expect(readable > 0)
  }
}
