import Checkpoints
import Tensors

/// A model in several HDF5 files under an index.
enum HDF5Shards {
  static let tensorFlowEnding = ".h5.index.json"
  static let kerasEnding = ".weights.json"

  /// Reads the shards of Hugging Face's TensorFlow models.
  ///
  /// The index names weights with the scope of the model's class, the files have them without:
  /// `tf_bert_model/bert/pooler/dense/bias:0` is the dataset `bert/pooler/dense/bias:0`.
  static func readTensorFlow(_ path: String, _ options: ReadOptions) throws -> Container {
    let (index, shards) = try open(path, options)
    let stored = Set(shards.flatMap(\.tensors).map(\.name))
    let local = index.renaming { name in
      stored.contains(name) ? name : name.split(separator: "/").dropFirst().joined(separator: "/")
    }
    let foreign = Set(shards.flatMap(\.foreign).map(\.name))
    return try merge(shards, index) {
      try local.excluding(foreign).select($0)
    }
  }

  /// Reads the shards of Keras 3, whose index names groups of variables: `/layers/dense/vars`.
  ///
  /// A group lies in the files that the index gives for it, which may be several.
  static func readKeras(_ path: String, _ options: ReadOptions) throws -> Container {
    let (index, shards) = try open(path, options)
    func group(_ name: String) -> String {
      name.split(separator: "/").dropLast().joined(separator: "/")
    }
    let foreign = shards.flatMap(\.foreign).map { group($0.name) }
    return try merge(shards, index) { tensors in
      let groups = tensors.map { group($0.tensor.name) }
      var homes: [String: Set<String>] = [:]
      for entry in index.entries {
        homes[entry.name.split(separator: "/").joined(separator: "/")] = Set(entry.files)
      }
      let isListed = zip(tensors, groups).map { tensor, group in
        homes[group]?.contains(splitPath(tensor.file).name) == true
      }
      let present = Set(groups.indices.filter { isListed[$0] }.map { groups[$0] } + foreign)
      let missing = homes.keys.filter { !present.contains($0) }.sorted()
      guard missing.isEmpty else {
        throw Failure(ShardReason.missingTensors(missing), at: Place(file: path))
      }
      var names: Set<String> = []
      var selected: [NamedTensor] = []
      var diagnostics: [Diagnostic] = []
      for (tensor, isListed) in zip(tensors, isListed) {
        guard isListed else {
          diagnostics.append(
            Diagnostic(
              .warning, .indexMismatch,
              "left out: the index does not place it in \(splitPath(tensor.file).name)",
              tensor: tensor.tensor.name))
          continue
        }
        guard names.insert(tensor.tensor.name).inserted else {
          throw Failure(
            HDF5Reason.duplicatePath, at: Place(file: path, tensor: tensor.tensor.name))
        }
        selected.append(tensor.tensor)
      }
      return (selected, diagnostics)
    }
  }

  private static func open(
    _ path: String, _ options: ReadOptions
  ) throws -> (index: ShardIndex, shards: [Container]) {
    let index = try ShardIndex(reading: path)
    let shards = try index.paths().map { try HDF5File($0, access: options.access).container() }
    return (index, shards)
  }

  private static func merge(
    _ shards: [Container], _ index: ShardIndex,
    _ select: ([(tensor: NamedTensor, file: String)]) throws -> ([NamedTensor], [Diagnostic])
  ) throws -> Container {
    let all = shards.flatMap { shard in
      shard.tensors.map { (tensor: $0, file: shard.files.first ?? "") }
    }
    let (tensors, diagnostics) = try select(all)
    let first = shards.first
    return Container(
      format: first?.format ?? HDF5Format.formatName, files: [index.path] + shards.flatMap(\.files),
      byteCount: shards.reduce(0) { $0 + $1.byteCount }, tensors: tensors,
      foreign: shards.flatMap(\.foreign), metadata: first?.metadata ?? [],
      naming: first?.naming ?? .flat, diagnostics: shards.flatMap(\.diagnostics) + diagnostics)
  }
}
