import Checkpoints
import Tensors

/// Checkpoints of TensorFlow 1 and 2: an index, and data in one file or several. They are only read.
package struct TensorFlowCheckpointFormat: ReadOnlyFormat {
  package init() {}

  package let name = "tf-checkpoint"
  package let summary =
    "checkpoints of TensorFlow 1 and 2, by prefix, file or folder (reading only)"
  package let extensions = [".index"]
  package let carries: Capabilities = [.reading]
  package let naming = NameStyle.flat
  package let folderNames = [String]()

  /// An index begins with the entry of its header, unless it is compressed.
  package func recognizes(_ prefix: [UInt8], path: String) -> Bool {
    let isHeader =
      prefix.count > 4 && prefix[0] == 0 && prefix[1] == 0 && (2..<64).contains(prefix[2])
      && prefix[3] == 0x08 && prefix.dropFirst(4).prefix(Int(prefix[2])).contains(0x1A)
    // Those of the first version are one file, whose name may have a number behind it.
    let name = splitPath(path).name
    return isHeader || name.hasSuffix(BundlePrefix.indexEnding) || name.hasSuffix(".ckpt")
      || name.contains(".ckpt-")
  }

  package func resolve(_ path: String) throws -> String? {
    if isFolder(path) { return BundlePrefix(latestIn: path)?.index }
    let ending = BundlePrefix.ending(of: path)
    guard ending != nil || !exists(path), ending != BundlePrefix.indexEnding[...] else {
      return nil
    }
    let prefix = BundlePrefix(path)
    if exists(prefix.index) { return prefix.index }
    switch ending {
    // Beside one of the first version, which is all in one file.
    case BundlePrefix.graphEnding[...]?: return exists(prefix.path) ? prefix.path : nil
    case nil: return nil
    case _?:
      throw Failure(
        BundleReason.noIndex(splitPath(prefix.index).name), at: Place(file: path))
    }
  }

  package func read(_ path: String, options: ReadOptions) throws -> Container {
    let bundle = try TensorBundle(try resolve(path) ?? path, access: options.access)
    return Container(
      format: name, files: bundle.files.map(\.path),
      byteCount: bundle.files.reduce(0) { $0 + $1.byteCount }, tensors: bundle.tensors,
      foreign: bundle.foreign, naming: naming, diagnostics: bundle.diagnostics)
  }
}
