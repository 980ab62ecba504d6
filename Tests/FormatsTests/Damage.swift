import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

/// Reads 300 damaged versions of a sample, data and all: each is read or refused, none crashes or hangs.
///
/// - Parameter name: of the files, by which their format may be told.
func expectReadOrRefused(_ sample: String, as name: String, seed: UInt64) throws {
  let folder = try TemporaryFolder()
  var generator = SeededGenerator(seed: seed)
  let whole = try bytes(of: Places.sample(sample))
  for round in 0..<300 {
    let path = try folder.file("\(round)-\(name)", mutated(whole, using: &generator))
    do {
      let container = try FormatList.recognize(path).read(path, options: ReadOptions())
      for tensor in container.tensors where tensor.tensor.byteCount < 1 << 24 {
        _ = try tensor.tensor.withBytes { $0.count }
      }
    } catch {
      #expect(error is Failure, "\(sample), seed \(seed), round \(round): \(error)")
    }
  }
}
