import Checkpoints
import Tensors

extension PyTorchFormat {
  package func write(
    _ container: Container, to output: OutputTransaction, options: WriteOptions
  ) throws {
    let shards = try shards(of: container, options)
    if shards.count > 1 {
      guard case .folder = output.destination else { throw Failure(FormatReason.needsFolder(name)) }
    }
    for shard in shards {
      try shard.archive.write(to: output.makeFile(shard.fileName), options: options)
    }
    if shards.count > 1 {
      let index = ShardIndex.text(of: shards.map { ($0.fileName, $0.tensors) })
      try output.makeFile(Self.stem + Self.indexEnding).write([UInt8](index.utf8), at: 0)
    }
  }

  package func plannedFiles(
    _ container: Container, options: WriteOptions
  ) throws -> [PlannedFile] {
    try shards(of: container, options).map {
      PlannedFile(name: $0.fileName, byteCount: $0.archive.byteCount)
    }
  }

  private static var stem: String { "pytorch_model" }

  private func shards(
    of container: Container, _ options: WriteOptions
  ) throws -> [(fileName: String, tensors: [NamedTensor], archive: ZipWriter)] {
    try container.shards(of: options.shardSize, stem: Self.stem, ending: ".bin").map {
      (fileName: $0, tensors: $1, archive: try archive(of: $1))
    }
  }

  /// The members that `torch.save` writes, in its order; readers find the folder's name by the first.
  private func archive(of tensors: [NamedTensor]) throws -> ZipWriter {
    var names: Set<String> = []
    for tensor in tensors {
      let place = Place(tensor: tensor.name)
      guard names.insert(tensor.name).inserted else {
        throw Failure(FormatReason.duplicateOutputName, at: place)
      }
      guard TorchElement.dtype(of: tensor.tensor.elementType) != nil else {
        throw Failure(
          FormatReason.noSuchTensorType(tensor.tensor.elementType, format: name), at: place)
      }
    }
    func member(_ name: String, _ text: String) -> ZipWriter.Member {
      ZipWriter.Member(name: "archive/\(name)", prefix: [UInt8](text.utf8))
    }
    let data = tensors.enumerated().map { index, tensor in
      ZipWriter.Member(name: "archive/data/\(index)", tensor: tensor)
    }
    return ZipWriter(
      [ZipWriter.Member(name: "archive/data.pkl", prefix: pickle(of: tensors))]
        + [member(".format_version", "1"), member(".storage_alignment", "64")]
        + [member("byteorder", "little")] + data + [member("version", "3\n")])
  }

  /// An ordered dictionary of tensors, as a module's `state_dict` is.
  private func pickle(of tensors: [NamedTensor]) -> [UInt8] {
    var pickle = PickleEncoder()
    pickle.writeOrderedDictionary()
    pickle.write(.mark)
    for (index, tensor) in tensors.enumerated() {
      pickle.write(tensor.name)
      pickle.write(tensor.tensor, storage: index)
    }
    pickle.write(.setItems)
    pickle.write(.stop)
    return pickle.bytes
  }
}

extension PickleEncoder {
  fileprivate mutating func writeOrderedDictionary() {
    write(PickleGlobal(module: "collections", name: "OrderedDict"))
    write(.emptyTuple)
    write(.reduce)
  }

  /// The call that rebuilds a tensor on a storage (`torch/_tensor.py`, `_reduce_ex_internal`): by the second version, or by the third
  /// where the type has no storage of its own.
  fileprivate mutating func write(_ tensor: Tensor, storage key: Int) {
    let type = TorchElement.storage(of: tensor.elementType)
    write(
      PickleGlobal(
        module: "torch._utils", name: type == nil ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2"))
    write(.mark)
    write(.mark)
    write("storage")
    write(
      type.map { PickleGlobal(module: "torch", name: $0) }
        ?? PickleGlobal(module: "torch.storage", name: "UntypedStorage"))
    write(String(key))
    write("cpu")
    write(type == nil ? tensor.byteCount : tensor.elementCount)
    write(.tuple)
    write(.binPersistentIdentifier)
    write(0)
    write(tensor.shape.lengths)
    write(tensor.shape.strides)
    write(.newFalse)
    writeOrderedDictionary()
    if type == nil, let dtype = TorchElement.dtype(of: tensor.elementType) {
      write(PickleGlobal(module: "torch", name: dtype))
    }
    write(.tuple)
    write(.reduce)
  }
}

extension Shape {
  /// The steps of a row-major tensor along its axes, in elements.
  fileprivate var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in lengths.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * max(1, lengths[axis + 1])
    }
    return strides
  }
}
