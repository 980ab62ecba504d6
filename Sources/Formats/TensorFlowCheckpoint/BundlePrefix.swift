import Tensors

/// What the names of a checkpoint's files begin with, by which TensorFlow knows it: `bert_model.ckpt` of
/// `bert_model.ckpt.index`, `bert_model.ckpt.meta` and `bert_model.ckpt.data-00000-of-00001`.
struct BundlePrefix {
  let path: String

  static let indexEnding = ".index"
  static let graphEnding = ".meta"

  var index: String { path + Self.indexEnding }

  /// - Parameter path: of any of the files, or the prefix itself.
  init(_ path: String) {
    self.path = Self.ending(of: path).map { String(path.dropLast($0.count)) } ?? path
  }

  /// What follows the prefix in the name of a file; nil where nothing does.
  static func ending(of path: String) -> Substring? {
    for ending in [indexEnding, graphEnding] where path.hasSuffix(ending) {
      return path.suffix(ending.count)
    }
    let ending = path.suffix(".data-00000-of-00001".count)
    let digits = ending.filter { $0.isASCII && $0.isNumber }
    let isData =
      digits.count == 10 && ending.hasPrefix(".data-") && ending.dropFirst(11).hasPrefix("-of-")
    return isData ? ending : nil
  }

  /// The checkpoint that a folder's `checkpoint` file says is the latest; nil where there is none that is whole.
  init?(latestIn folder: String) {
    let list = joinPath(folder, "checkpoint")
    guard let size = fileSize(list), !isFolder(list), size <= 1 << 20,
      let file = try? InputFile(list), let bytes = try? file.bytes(0..<file.byteCount),
      let name = Self.latest(in: String(decoding: bytes, as: UTF8.self))
    else { return nil }
    // Written on another machine it may be an absolute path: the files lie beside the list all the same.
    path = joinPath(folder, splitPath(name).name)
    guard exists(index) else { return nil }
  }

  /// `model_checkpoint_path: "NAME"`, a line of text.
  private static func latest(in text: String) -> String? {
    for line in text.split(whereSeparator: \.isNewline) {
      guard line.hasPrefix("model_checkpoint_path:"), let open = line.firstIndex(of: "\""),
        let close = line.lastIndex(of: "\""), open < close
      else { continue }
      return String(line[line.index(after: open)..<close])
    }
    return nil
  }
}
