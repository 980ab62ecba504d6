import Checkpoints
import Tensors

/// The tensors of a file of the format `pare`, made of its safetensors header alone.
struct PareFile {
  private let file: SafetensorsFile
  private let manifest: PareManifest
  private let stored: [String: NamedTensor]
  private(set) var tensors: [NamedTensor] = []
  private(set) var diagnostics: [Diagnostic]
  /// What the tensors would take if they were dense, in bytes.
  private var denseByteCount = 0

  init(_ file: SafetensorsFile) throws {
    self.file = file
    manifest = try PareManifest(reading: file.metadata, at: file.file.path)
    stored = Dictionary(file.tensors.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    diagnostics = file.diagnostics
    try addDescribed()
    addOthers()
  }

  private mutating func addDescribed() throws {
    var own: [String: NamedTensor] = [:]
    for (name, entry) in manifest.entries {
      try naming(name) { own[name] = try tensor(name, entry) }
    }
    for (name, entry) in manifest.entries {
      try naming(name) {
        let tensor = try own[name] ?? sharing(name, entry, of: own)
        let (sum, overflow) = denseByteCount.addingReportingOverflow(tensor.tensor.byteCount)
        guard !overflow, sum <= PareManifest.byteLimit else { throw Failure(PareReason.tooMuch) }
        denseByteCount = sum
        tensors.append(tensor)
      }
    }
  }

  /// What another program has added.
  private mutating func addOthers() {
    let described = Set(manifest.entries.map(\.name))
    for tensor in file.tensors where !described.contains(tensor.name) {
      tensors.append(tensor)
      diagnostics.append(
        Diagnostic(
          .warning, .header, "'\(PareManifest.tensorsKey)' does not name it: taken as it stands",
          tensor: tensor.name))
    }
  }

  /// A tensor that is stored under its own name; nil where it shares the values of another.
  private func tensor(_ name: String, _ entry: PareManifest.Entry) throws -> NamedTensor? {
    switch entry {
    case .plain(let checksum):
      let (tensor, source) = try holder(of: name)
      return NamedTensor(
        name,
        Tensor(
          tensor.elementType, tensor.shape,
          source: CheckedSource(source, checksum: checksum, name: name)))
    case .coded(let type, let shape, let json):
      let (tensor, source) = try holder(of: name)
      guard tensor.elementType == .u8, tensor.shape.rank == 1 else {
        throw Failure(PareReason.notCoded(tensor.elementType, tensor.shape))
      }
      var reader = StorageReader(source, name: name)
      return try held(try reader.storage(json), name, type, shape, source.byteCount)
    case .shared:
      guard stored[name] == nil else { throw Failure(PareReason.storedTwice) }
      return nil
    }
  }

  private func held(
    _ storage: Storage, _ name: String, _ type: ElementType, _ shape: Shape, _ byteCount: Int
  ) throws -> NamedTensor {
    try storage.checkFit(shape)
    if let dense = storage.dense {
      guard dense.elementType == type else {
        throw Failure(PareReason.field("type", expected: dense.elementType.rawValue))
      }
    } else {
      guard type.isFloat else { throw Failure(StorageReason.notFloat(type)) }
    }
    // A stream stands for at most so many elements; a product of factors for no more either.
    guard let size = shape.byteCount(of: type), size >> 23 <= byteCount else {
      throw Failure(PareReason.tooManyElements(shape, byteCount: byteCount))
    }
    return NamedTensor(name, storage, shape, as: type, byteCount: byteCount)
  }

  private func sharing(
    _ name: String, _ entry: PareManifest.Entry, of own: [String: NamedTensor]
  ) throws -> NamedTensor {
    guard case .shared(let owner) = entry, var tensor = own[owner] else {
      throw Failure(PareReason.sharesNothing(entry.json.string ?? ""))
    }
    tensor.name = name
    tensor.byteCount = 0
    return tensor
  }

  private func holder(of name: String) throws -> (tensor: Tensor, source: FileSource) {
    guard let tensor = stored[name]?.tensor, let source = tensor.source as? FileSource else {
      throw Failure(PareReason.notStored)
    }
    return (tensor, source)
  }

  private func naming<Result>(_ name: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let failure as Failure {
      throw failure.within(Place(file: file.file.path, tensor: name))
    }
  }
}
