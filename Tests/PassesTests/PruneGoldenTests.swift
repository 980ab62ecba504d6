import Checkpoints
import Foundation
import Passes
import Tensors
import TestSupport
import Testing

/// What PyTorch's own pruning keeps of the small BERT of the samples.
struct GoldenMasks: Decodable, CustomTestStringConvertible {
  let sparsity: Double?
  let scope: String?
  let pattern: String
  /// For each matrix by its name, in hexadecimal digits.
  let masks: [String: String]

  var testDescription: String { "\(sparsity.map { "\($0)" } ?? "") \(scope ?? "") \(pattern)" }

  var options: [(String, String)] {
    [("pattern", pattern)] + (sparsity.map { [("sparsity", "\($0)")] } ?? [])
      + (scope.map { [("scope", $0)] } ?? [])
  }

  static let all = try! JSONDecoder().decode(
    [GoldenMasks].self,
    from: Data(contentsOf: URL(fileURLWithPath: Places.sample("pruning/masks.json"))))
}

@Suite struct PruneGoldenTests {
  @Test(arguments: GoldenMasks.all)
  func keepsWhatPyTorchKeeps(_ golden: GoldenMasks) throws {
    let original = try bertTiny()
    let pruned = try original.applying(Prune.self, golden.options)
    var seen = 0
    for (before, after) in zip(original.parameters, pruned.parameters) {
      guard let digits = golden.masks[before.name] else {
        #expect(after.storage.dense != nil, "\(before.name) is not to be pruned")
        continue
      }
      seen += 1
      let kept = digits.flatMap { digit in
        (0..<4).map { (digit.hexDigitValue! >> (3 - $0)) & 1 == 1 }
      }
      let expected = zip(try before.values(), kept).map { $1 ? $0 : 0 }
      #expect(after.storage.kind == .sparse)
      let values = try after.values()
      #expect(values == expected, "\(before.name)")
      let stored = try after.stored.floats()
      #expect(stored == expected, "\(before.name) as it is stored dense")
    }
    #expect(seen == golden.masks.count)
  }
}
