import Foundation
import Tensors
import TestSupport

@testable import Formats

/// What TensorFlow found in a checkpoint.
struct CheckpointGolden: Decodable {
  var sample: String
  var strings: [String]
  var tensors: [ContainerGolden.Row]

  init(_ prefix: String) throws {
    let name = prefix.replacing("/", with: "--")
    let path = Places.sample("golden/tf-checkpoint--\(name).json")
    self = try JSONDecoder().decode(
      Self.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// The prefixes of those that lie here.
  static let prefixes = [
    "google/bert_model.ckpt", "classifier/model.ckpt-343", "squad/model.ckpt-100",
    "sharded/model.ckpt", "partitioned/model.ckpt", "partitioned/compressed",
    "partitioned/compressed-blocks", "partitioned/blocks", "garden/encoder-1",
    "garden/classifier-1", "types/all", "types/big-endian",
  ]

  static func path(_ prefix: String) -> String { Places.sample("tf-checkpoint/\(prefix)") }
}
