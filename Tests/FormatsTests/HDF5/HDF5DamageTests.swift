import CHDF5
import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

/// Damaged files, and a damaged answer of libhdf5's process, are errors; they never crash or hang.
@Suite struct HDF5DamageTests {
  private let folder = try! TemporaryFolder()

  @Test func everyTruncationIsRefused() throws {
    for (sample, count, step) in [
      ("hdf5/user-block.h5", 2608, 1), ("bert-tiny-tf/tf_model.h5", 4096, 17),
    ] {
      let whole = try bytes(of: Places.sample(sample))
      let spread = (1...500).map { $0 * (whole.count - 1) / 500 }
      for length in Array(stride(from: 1, to: count, by: step)) + spread where length < whole.count
      {
        let path = try folder.file("x.h5", Array(whole[..<length]))
        let failure = #expect(throws: Failure.self, "\(sample), \(length) bytes") {
          try HDF5Format().read(path, options: ReadOptions())
        }
        #expect(failure?.reason.outcome == .badInput)
      }
    }
  }

  @Test(arguments: [
    "hdf5/chunked.h5", "bert-tiny-tf/tf_model.h5", "keras-hub-preset/model.weights.h5",
    "keras-hub/backbone.keras",
  ])
  func damagedFilesAreReadOrRefused(_ sample: String) throws {
    let seed: UInt64 = 31
    var generator = SeededGenerator(seed: seed)
    let whole = try bytes(of: Places.sample(sample))
    let name = splitPath(sample).name
    for round in 0..<300 {
      let path = try folder.file("\(round)-\(name)", mutated(whole, using: &generator))
      do {
        let container = try FormatList.recognize(path).read(path, options: ReadOptions())
        try pull(container.tensors)
      } catch {
        #expect(error is Failure, "\(sample), seed \(seed), round \(round): \(error)")
      }
    }
  }

  /// What a process that a hostile file has taken over could send.
  @Test(arguments: ["hdf5/chunked.h5", "hdf5/edges.h5", "keras-legacy/split-layer-names.h5"])
  func damagedAnswersAreReadOrRefused(_ sample: String) throws {
    let file = try InputFile(Places.sample(sample))
    var result = pare_hdf5_result()
    defer { pare_hdf5_result_free(&result) }
    #expect(pare_hdf5_index(file.descriptor, nil, &result) == PARE_HDF5_OK)
    let index = [UInt8](UnsafeRawBufferPointer(start: result.bytes, count: result.length))
    for count in stride(from: 0, to: index.count, by: 13) {
      #expect(throws: Failure.self) { try open(Array(index[..<count]), file) }
    }
    let seed: UInt64 = 41
    var generator = SeededGenerator(seed: seed)
    for round in 0..<1000 {
      do {
        try open(damaged(index, using: &generator), file)
      } catch {
        #expect(error is Failure, "\(sample), seed \(seed), round \(round): \(error)")
      }
    }
  }

  /// Numbers in the index replaced by telling ones; its length stays, or nothing behind it would be
  /// looked at.
  private func damaged(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let place = Int.random(in: 24..<(bytes.count - 8), using: &generator)
      let values: [UInt64] = [0, 1, 2, 0x7F, 0xFFFF_FFFF, .max, 1 << 63, 1 << 62, 1 << 40, 255]
      let value = values.randomElement(using: &generator) ?? 0
      let width = [1, 4, 8].randomElement(using: &generator) ?? 8
      for index in 0..<width {
        bytes[place + index] = UInt8(truncatingIfNeeded: value >> (index * 8))
      }
    }
    return bytes
  }

  private func open(_ index: [UInt8], _ file: InputFile) throws {
    let structure = try index.withUnsafeBytes { try HDF5Index.decode($0) }
    let opened = try HDF5File(
      HDF5Bytes(file), structure: structure, path: file.path, byteCount: file.byteCount)
    try pull(opened.container().tensors)
  }

  private func pull(_ tensors: [NamedTensor]) throws {
    for tensor in tensors where tensor.tensor.byteCount < 1 << 24 {
      let count = try tensor.tensor.withBytes { $0.count }
      #expect(count == tensor.tensor.byteCount)
    }
  }
}
