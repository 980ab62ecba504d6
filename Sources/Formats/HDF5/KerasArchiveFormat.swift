import Checkpoints
import Documents
import Tensors

/// `.keras`: a ZIP archive of a Keras 3 model, with its weights in HDF5 and its configuration.
package struct KerasArchiveFormat: ReadOnlyFormat {
  package init() {}

  package let name = "keras"
  package let summary = ".keras archives of Keras 3 (reading only)"
  package let extensions = [".keras"]
  package let carries: Capabilities = [.reading, .metadata]
  package let naming = NameStyle.kerasPaths
  package let folderNames = ["model.keras"]

  private static let weights = "model.weights.h5"
  private static let configuration = "config.json"
  private static let metadata = "metadata.json"
  private static let textLimit = 64 << 20

  /// Takes ZIP archives that begin with one of Keras's members, or are named as its archives are.
  package func recognizes(_ prefix: [UInt8], path: String) -> Bool {
    guard prefix.starts(with: [0x50, 0x4B, 0x03, 0x04]), prefix.count > 30 else { return false }
    let names = [Self.weights, Self.configuration, Self.metadata]
    return path.hasSuffix(".keras") || names.contains { prefix[30...].starts(with: $0.utf8) }
  }

  package func read(_ path: String, options: ReadOptions) throws -> Container {
    let file = try InputFile(path, access: options.access)
    let archive = try ZipArchive(file)
    guard let weights = archive[Self.weights] else {
      throw Failure(ZipReason.missing(Self.weights), at: Place(file: path))
    }
    // libhdf5 wants a file of its own; a stored member's data are read where they lie.
    let copy = try archive.copy(of: weights)
    try HDF5Signature.check(copy)
    let structure = try HDF5Child.structure(of: copy)
    let bytes =
      weights.method == .stored ? try HDF5Bytes(file, weights.range) : HDF5Bytes(copy)
    var container = try HDF5File(
      bytes, structure: structure, path: path, byteCount: file.byteCount
    ).container()
    container.format = name
    container.metadata += try metadata(of: archive)
    container.diagnostics += notes(on: archive)
    return container
  }

  package func verify(_ container: Container) throws -> [Diagnostic] {
    try ZipArchive.damage(in: container)
  }

  private func metadata(of archive: ZipArchive) throws -> [(key: String, value: String)] {
    var metadata: [(key: String, value: String)] = []
    if let member = archive[Self.metadata] {
      let text = try archive.bytes(of: member, limit: Self.textLimit)
      let document = try JSON.parse(text, file: archive.file.path)
      metadata += (document.members ?? []).map { ($0.key, $0.value.string ?? $0.value.text()) }
    }
    if let member = archive[Self.configuration] {
      let text = try archive.bytes(of: member, limit: Self.textLimit)
      metadata.append(("config", String(decoding: text, as: UTF8.self)))
    }
    return metadata
  }

  private func notes(on archive: ZipArchive) -> [Diagnostic] {
    let known = [Self.weights, Self.configuration, Self.metadata]
    return archive.members.filter { !known.contains($0.name) && !$0.name.hasSuffix("/") }.map {
      Diagnostic(.note, .skipped, "the member '\(printable($0.name))' is left out")
    }
  }
}
