import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

/// Damaged files are errors, or read; they never crash or hang.
@Suite struct PyTorchDamageTests {
  private let folder = try! TemporaryFolder()

  @Test(arguments: ["pytorch/list.pt", "pytorch/kinds-old.pt"])
  func everyTruncationIsRefused(_ sample: String) throws {
    let whole = try bytes(of: Places.sample(sample))
    for length in 0..<whole.count {
      let path = try folder.file("x.pt", Array(whole[..<length]))
      let failure = #expect(throws: Failure.self, "\(sample), \(length) bytes") {
        try PyTorchFormat().read(path, options: ReadOptions())
      }
      #expect(failure?.reason.outcome == .badInput)
    }
  }

  @Test(arguments: [
    "pytorch/kinds.pt", "pytorch/kinds-old.pt", "pytorch/training.pt", "pytorch/module.pt",
  ])
  func damagedFilesAreReadOrRefused(_ sample: String) throws {
    try expectReadOrRefused(sample, as: "x.pt", seed: 51)
  }
}
