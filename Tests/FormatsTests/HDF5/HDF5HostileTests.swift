import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

@Suite struct HDF5HostileTests {
  @Test(arguments: [
    ("soft-link", "'dangling': is a link to '/nowhere/at/all', which does not exist"),
    (
      "external-link",
      "'elsewhere': is a link to the file '../hdf5/contiguous.h5', which is not followed"
    ),
    (
      "virtual-dataset",
      "'virtual': is a virtual dataset: its data lie in other files, which are not opened"
    ),
    (
      "external-storage",
      "'outside': keeps its data in other files, which are not opened: ../README.md"
    ),
    ("group-cycle", "'group/again': leads back to '/group', which holds it"),
    (
      "size-bomb",
      "'bomb': declares 4398046511104 bytes and stores 0: refused as a decompression bomb"
    ),
    ("deep-groups", "the structure is too large: "),
  ])
  func refused(_ sample: String, _ message: String) throws {
    let path = Places.sample("hdf5-hostile/\(sample).h5")
    let format = try FormatList.recognize(path)
    let failure = #expect(throws: Failure.self) { try format.read(path, options: ReadOptions()) }
    let text = failure.map { "\($0)" } ?? ""
    #expect(text.hasPrefix("\(path): ") && text.contains(message), "\(text)")
    #expect(failure?.reason.outcome == .badInput)
  }

  /// The corner cases of other readers' test suites are read or refused; nothing else may happen.
  @Test(.enabled(if: Places.shared("fixtures/hdf5") != nil, "the shared fixtures are absent"))
  func cornerCases() throws {
    var refusals: [String: String] = [:]
    for path in sharedFixtures() {
      do {
        let container = try HDF5Format().read(path, options: ReadOptions())
        for tensor in container.tensors { _ = try tensor.tensor.allBytes() }
      } catch let failure as Failure {
        refusals[splitPath(path).name] = failure.reason.description
      }
    }
    let missing = "is a link to '/datasets_group/int/missing_dataset', which does not exist"
    #expect(
      refusals == [
        "test_file.hdf5": missing, "test_file2.hdf5": missing,
        "external_link.hdf5": "is a link to the file 'test_file.hdf5', which is not followed",
      ])
  }

  private func sharedFixtures() -> [String] {
    guard let root = Places.shared("fixtures/hdf5") else { return [] }
    return folderEntries(root).flatMap { folder in
      folderEntries("\(root)/\(folder)").map { "\(root)/\(folder)/\($0)" }
    }
  }
}
