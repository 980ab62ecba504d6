import Checkpoints
import Foundation
import Tensors
import TestSupport

/// What a genuine library found in a sample.
struct ContainerGolden: Decodable {
  var sample: String
  var layerNames: [String]?
  var notTensors: [String]?
  var layers: [String: String]?
  var tensors: [Row]

  struct Row: Decodable, Hashable {
    var name: String
    var dtype: String
    var shape: [Int]
    var sha256: String
  }

  init(_ name: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: Places.sample("golden/\(name).json")))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    self = try decoder.decode(Self.self, from: data)
  }

  /// The names of all goldens of HDF5 files and archives.
  static let names: [String] = {
    let all = try? FileManager.default.contentsOfDirectory(atPath: Places.sample("golden"))
    return (all ?? []).filter { $0.contains(".h5.json") || $0.contains(".keras.json") }.sorted()
      .map { String($0.dropLast(5)) }
  }()

  var path: String { Places.sample(sample) }
}

/// What `pare` finds.
func rows(of container: Container) throws -> [ContainerGolden.Row] {
  try container.tensors.map { try row(of: $0) }.sorted { $0.name < $1.name }
}

func row(of tensor: NamedTensor) throws -> ContainerGolden.Row {
  ContainerGolden.Row(
    name: tensor.name, dtype: tensor.tensor.elementType.rawValue,
    shape: tensor.tensor.shape.lengths, sha256: try tensor.tensor.withBytes(sha256))
}
