import Checkpoints
import Tensors

/// What `torch.save` writes: a ZIP archive, or the stream of versions before 1.6, alone or in shards under an index.
///
/// Pickles are decoded and never executed.
package struct PyTorchFormat: Format {
  package init() {}

  package let name = "pytorch"
  package let summary =
    "what torch.save writes, ZIP or older; sharded with pytorch_model.bin.index.json"
  package let extensions = [".bin", ".pt", ".pth"]
  package let carries: Capabilities = [.reading, .writing, .sharding, .streaming]
  package let naming = NameStyle.flat
  package let folderNames = ["pytorch_model.bin", "pytorch_model.bin.index.json"]

  static let indexEnding = ".bin.index.json"

  /// Members with which PyTorch's archives begin.
  private static let firstMembers = [
    "/data.pkl", "/.format_version", "/version", "/byteorder", "/constants.pkl", "/code/",
    "/.data/serialization_id",
  ]

  package func recognizes(_ prefix: [UInt8], path: String) -> Bool {
    if path.hasSuffix(Self.indexEnding) || TorchStream.recognizes(prefix) { return true }
    if let member = ZipArchive.firstName(in: prefix) {
      return Self.firstMembers.contains { member.hasSuffix($0) || member.contains("/code/") }
        || hasOwnEnding(path)
    }
    return hasOwnEnding(path) && prefix.first == 0x80
  }

  private func hasOwnEnding(_ path: String) -> Bool { extensions.contains(where: path.hasSuffix) }

  package func read(_ path: String, options: ReadOptions) throws -> Container {
    guard path.hasSuffix(Self.indexEnding) else {
      let file = try InputFile(path, access: options.access)
      let contents = try contents(of: file)
      var container = Container(
        format: name, files: [path], byteCount: file.byteCount, tensors: contents.tensors,
        foreign: contents.foreign, naming: naming, diagnostics: contents.diagnostics)
      container.attributes = contents.settings
      return container
    }
    let index = try ShardIndex(reading: path)
    let shards = try index.paths().map { path in
      let file = try InputFile(path, access: options.access)
      return (file: file, contents: try contents(of: file))
    }
    let all = shards.flatMap { shard in shard.contents.tensors.map { ($0, shard.file.path) } }
    let foreign = shards.flatMap(\.contents.foreign)
    let (tensors, diagnostics) = try index.excluding(Set(foreign.map(\.name))).select(all)
    return Container(
      format: name, files: [path] + shards.map(\.file.path),
      byteCount: shards.reduce(0) { $0 + $1.file.byteCount }, tensors: tensors, foreign: foreign,
      naming: naming, diagnostics: shards.flatMap(\.contents.diagnostics) + diagnostics)
  }

  package func verify(_ container: Container) throws -> [Diagnostic] {
    try ZipArchive.damage(in: container)
  }

  private func contents(of file: InputFile) throws -> TorchContents {
    let prefix = try file.bytes(0..<min(4, file.byteCount))
    return prefix == ZipArchive.signature
      ? try TorchArchive(file).contents : try TorchStream(file).contents
  }
}
