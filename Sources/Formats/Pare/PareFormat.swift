import Checkpoints
import Tensors

/// The compact format of `pare`: a safetensors file whose tensors hold entropy-coded streams, with their encoding
/// in the metadata.
package struct PareFormat: Format {
  package init() {}

  package let name = "pare"
  package let summary = "entropy-coded storage of every kind in a safetensors file"
  package let extensions = [".pare.safetensors"]
  package let carries: Capabilities = [.reading, .writing, .metadata, .composition]
  package let naming = NameStyle.flat
  package let folderNames = ["model.pare.safetensors"]

  /// All that may nest, but no ties by role: those are found again by their equal bytes.
  package func holds(_ storage: Storage, of shape: Shape) -> Bool {
    if case .shared = storage { return false }
    return (try? storage.validate()) != nil
  }

  package func recognizes(_ prefix: [UInt8], path: String) -> Bool {
    if path.hasSuffix(extensions[0]) { return true }
    guard SafetensorsFormat().recognizes(prefix, path: "") else { return false }
    return prefix.withUnsafeBytes(Self.holdsKey)
  }

  /// Programs may put the metadata into any order, and long text of the model's before the keys.
  package func reinterprets(_ format: any Format, at path: String) throws -> Bool {
    guard format.name == SafetensorsFormat().name else { return false }
    let file = try InputFile(path)
    guard file.byteCount > 8 else { return false }
    let length = try file.withBytes(0..<8) {
      UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))
    }
    guard length <= Safetensors.headerLimit, Int(length) <= file.byteCount - 8 else {
      return false
    }
    return try file.withBytes(8..<(8 + Int(length)), Self.holdsKey)
  }

  private static func holdsKey(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let members = PareManifest.keys.map { [UInt8]("\"\($0)\":\"".utf8) }
    return bytes.indices.contains { place in
      bytes[place] == UInt8(ascii: "\"") && members.contains { bytes[place...].starts(with: $0) }
    }
  }

  package func read(_ path: String, options: ReadOptions) throws -> Container {
    let opened = try SafetensorsFile(path, access: options.access)
    let contents = try PareFile(opened)
    return Container(
      format: name, files: [path], byteCount: opened.file.byteCount, tensors: contents.tensors,
      foreign: opened.foreign,
      metadata: opened.metadata.filter { !PareManifest.keys.contains($0.key) }, naming: naming,
      diagnostics: contents.diagnostics)
  }
}
