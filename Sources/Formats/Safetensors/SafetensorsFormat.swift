import Checkpoints
import Tensors

/// safetensors: one file, or several under an index.
package struct SafetensorsFormat: Format {
  package init() {}

  package let name = "safetensors"
  package let summary = "safetensors, one file or sharded with model.safetensors.index.json"
  package let extensions = [".safetensors"]
  package let carries: Capabilities = [.reading, .writing, .sharding, .metadata, .streaming]
  package let naming = NameStyle.flat
  package let folderNames = ["model.safetensors", "model.safetensors.index.json"]

  static let indexEnding = ".safetensors.index.json"

  package func recognizes(_ prefix: [UInt8], path: String) -> Bool {
    if path.hasSuffix(Self.indexEnding) { return true }
    guard prefix.count > 8 else { return path.hasSuffix(".safetensors") }
    let length = prefix[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let first = prefix[8...].first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    return length <= Safetensors.headerLimit && first == UInt8(ascii: "{")
      || path.hasSuffix(".safetensors")
  }

  package func read(_ path: String, options: ReadOptions) throws -> Container {
    path.hasSuffix(Self.indexEnding)
      ? try readShards(path, options) : try readFile(path, options)
  }

  private func readFile(_ path: String, _ options: ReadOptions) throws -> Container {
    let opened = try SafetensorsFile(path, access: options.access)
    return Container(
      format: name, files: [path], byteCount: opened.file.byteCount, tensors: opened.tensors,
      foreign: opened.foreign, metadata: opened.metadata, naming: naming,
      diagnostics: opened.diagnostics)
  }

  private func readShards(_ path: String, _ options: ReadOptions) throws -> Container {
    let index = try ShardIndex(reading: path)
    let shards = try index.paths().map { try SafetensorsFile($0, access: options.access) }
    let all = shards.flatMap { shard in shard.tensors.map { ($0, shard.file.path) } }
    let foreignNames = Set(shards.flatMap(\.foreign).map(\.name))
    let (tensors, diagnostics) = try index.excluding(foreignNames).select(all)
    return Container(
      format: name, files: [path] + shards.map(\.file.path),
      byteCount: shards.reduce(0) { $0 + $1.file.byteCount }, tensors: tensors,
      foreign: shards.flatMap(\.foreign), metadata: shards.first?.metadata ?? [], naming: naming,
      diagnostics: shards.flatMap(\.diagnostics) + diagnostics)
  }
}
