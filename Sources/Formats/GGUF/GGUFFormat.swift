import Checkpoints
import Tensors

/// GGUF, the format of ggml and llama.cpp: typed values, then tensors, many of them in blocks; one file, or parts
/// that name one another.
package struct GGUFFormat: Format {
  package init() {}

  package let name = "gguf"
  package let summary = "GGUF of llama.cpp, versions 2 and 3, one file or NAME-00001-of-0000N.gguf"
  package let extensions = [".gguf"]
  package let carries: Capabilities = [
    .reading, .writing, .sharding, .metadata, .streaming, .blocks, .attributes,
  ]
  package let naming = NameStyle.ggml
  package let folderNames = ["model.gguf"]

  static let magic = [UInt8]("GGUF".utf8)

  package func recognizes(_ prefix: [UInt8], path: String) -> Bool {
    prefix.starts(with: Self.magic) || path.hasSuffix(".gguf")
  }

  package func read(_ path: String, options: ReadOptions) throws -> Container {
    let first = try GGUFFile(path, access: options.access)
    let parts = try GGUFParts(of: first, access: options.access)
    return Container(
      format: name, files: parts.paths, byteCount: parts.byteCount, tensors: parts.tensors,
      foreign: parts.foreign, attributes: parts.attributes, naming: naming,
      diagnostics: parts.diagnostics + blockNotes(parts.tensors))
  }

  private func blockNotes(_ tensors: [NamedTensor]) -> [Diagnostic] {
    let types = BlockType.allCases.filter { type in tensors.contains { $0.blocks == type } }
    guard !types.isEmpty else { return [] }
    let names = types.map(\.rawValue).joined(separator: ", ")
    let count = tensors.count { $0.blocks != nil }
    return [
      Diagnostic(.note, .densified, "\(count) tensors are held in blocks (\(names)), read as F32")
    ]
  }
}

extension Container {
  /// A container with attributes; what of them is text is its metadata too.
  fileprivate init(
    format: String, files: [String], byteCount: Int, tensors: [NamedTensor],
    foreign: [ForeignTensor], attributes: [(key: String, value: Attribute)], naming: NameStyle,
    diagnostics: [Diagnostic]
  ) {
    self.init(
      format: format, files: files, byteCount: byteCount, tensors: tensors, foreign: foreign,
      metadata: attributes.compactMap { key, value in value.text.map { (key, $0) } },
      naming: naming, diagnostics: diagnostics)
    self.attributes = attributes
  }
}
