import Checkpoints
import Tensors

/// The compact format of `pare`: a safetensors file whose tensors hold entropy-coded streams, with their encoding
/// in the metadata.
package struct PareFormat: Format {
  package init() {}

  package let name = "pare"
  package let summary = "entropy-coded storage of every kind in a safetensors file"
  package let extensions = [".pare.safetensors"]
  package let carries: Capabilities = [.reading, .writing, .metadata]
  package let naming = NameStyle.flat
  package let folderNames = ["model.pare.safetensors"]

  /// All that may nest, but no ties by role: those are found again by their equal bytes.
  package func holds(_ storage: Storage, of shape: Shape) -> Bool {
    if case .shared = storage { return false }
    return (try? storage.validate()) != nil
  }

  /// Readers of safetensors may have put the metadata into any order; one of the keys stands near the start
  /// unless long text precedes them.
  package func recognizes(_ prefix: [UInt8], path: String) -> Bool {
    if path.hasSuffix(extensions[0]) { return true }
    guard SafetensorsFormat().recognizes(prefix, path: "") else { return false }
    return PareManifest.keys.contains { key in
      prefix.contains("\"\(key)\":\"".utf8)
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

extension [UInt8] {
  fileprivate func contains(_ text: String.UTF8View) -> Bool {
    let text = [UInt8](text)
    guard count >= text.count else { return false }
    return (0...(count - text.count)).contains { self[$0...].starts(with: text) }
  }
}
