import Checkpoints
import Tensors

/// NumPy's `.npz`, a ZIP archive of arrays, and a single array, `.npy`.
package struct NumPyFormat: Format {
  package init() {}

  package let name = "npz"
  package let summary = "NumPy's .npz, stored or deflated, and a single .npy"
  package let extensions = [".npz", singleEnding]
  package let carries: Capabilities = [.reading, .writing, .streaming]
  package let naming = NameStyle.flat
  package let folderNames = ["model.npz", "weights.npz"]

  private static let singleEnding = ".npy"

  package func recognizes(_ prefix: [UInt8], path: String) -> Bool {
    if prefix.starts(with: NumPyHeader.magic) { return true }
    guard let member = ZipArchive.firstName(in: prefix) else {
      return extensions.contains(where: path.hasSuffix)
    }
    return member.hasSuffix(Self.singleEnding) || path.hasSuffix(extensions[0])
  }

  package func read(_ path: String, options: ReadOptions) throws -> Container {
    let file = try InputFile(path, access: options.access)
    let prefix = try file.bytes(0..<min(NumPyHeader.limit, file.byteCount))
    var container = Container(
      format: name, files: [path], byteCount: file.byteCount, tensors: [], naming: naming)
    do {
      if ZipArchive.firstName(in: prefix) != nil || !prefix.starts(with: NumPyHeader.magic) {
        try readArchive(ZipArchive(file), into: &container)
      } else {
        let array = try NumPyArray(prefix: prefix, byteCount: file.byteCount) {
          try FileSource(file, $0)
        }
        let stem = splitPath(path).name
        container.add(
          array, named: stem.hasSuffix(Self.singleEnding) ? String(stem.dropLast(4)) : stem)
      }
    } catch let failure as Failure {
      throw failure.within(Place(file: path))
    }
    return container
  }

  package func verify(_ container: Container) throws -> [Diagnostic] {
    try ZipArchive.damage(in: container)
  }

  private func readArchive(_ archive: ZipArchive, into container: inout Container) throws {
    for member in archive.members {
      guard member.name.hasSuffix(Self.singleEnding) else {
        container.diagnostics.append(
          Diagnostic(.note, .skipped, "the member '\(printable(member.name))' is left out"))
        continue
      }
      let name = String(member.name.dropLast(Self.singleEnding.count))
      do {
        let prefix = try archive.prefix(of: member, NumPyHeader.limit)
        let array = try NumPyArray(prefix: prefix, byteCount: member.byteCount) {
          try archive.source(of: member, $0)
        }
        container.add(array, named: name, storedByteCount: member.range.count)
      } catch let failure as Failure {
        throw failure.within(Place(offset: member.headerOffset, tensor: name))
      }
    }
  }
}

extension Container {
  fileprivate mutating func add(_ array: NumPyArray, named name: String, storedByteCount: Int = 0) {
    switch array {
    case .tensor(let tensor): tensors.append(NamedTensor(name, tensor))
    case .foreign(let type, let shape):
      foreign.append(
        ForeignTensor(name: name, type: type, shape: shape, byteCount: storedByteCount))
    }
  }
}

extension NumPyFormat {
  package func write(
    _ container: Container, to output: OutputTransaction, options: WriteOptions
  ) throws {
    if isSingle(output.destination) {
      let array = try sole(of: container)
      let file = try output.makeFile("model" + Self.singleEnding)
      let header = try header(of: array)
      try file.reserve(header.count + array.tensor.byteCount)
      try file.write(header, at: 0)
      try file.write([PlacedTensor(array, at: header.count)], options: options)
    } else {
      try archive(of: container).write(to: output.makeFile(folderNames[0]), options: options)
    }
  }

  package func plannedFiles(
    _ container: Container, options: WriteOptions
  ) throws -> [PlannedFile] {
    [PlannedFile(name: folderNames[0], byteCount: try archive(of: container).byteCount)]
  }

  private func isSingle(_ destination: Destination) -> Bool {
    if case .file(let path) = destination { path.hasSuffix(Self.singleEnding) } else { false }
  }

  private func sole(of container: Container) throws -> NamedTensor {
    guard container.tensors.count == 1 else {
      throw Failure(NumPyReason.severalArrays(container.tensors.count))
    }
    return container.tensors[0]
  }

  private func archive(of container: Container) throws -> ZipWriter {
    var names: Set<String> = []
    return ZipWriter(
      try container.tensors.map { tensor in
        guard names.insert(tensor.name).inserted else {
          throw Failure(FormatReason.duplicateOutputName, at: Place(tensor: tensor.name))
        }
        return ZipWriter.Member(
          name: tensor.name + Self.singleEnding, prefix: try header(of: tensor), tensor: tensor)
      })
  }

  private func header(of tensor: NamedTensor) throws -> [UInt8] {
    guard let header = NumPyHeader.bytes(tensor.tensor.elementType, tensor.tensor.shape) else {
      throw Failure(
        FormatReason.noSuchTensorType(tensor.tensor.elementType, format: name),
        at: Place(tensor: tensor.name))
    }
    return header
  }
}
