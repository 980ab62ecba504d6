import Checkpoints
import Documents
import Tensors

/// The index of a model in several files: which tensor lies in which file.
///
/// Hugging Face writes it as `NAME.index.json`, for safetensors and HDF5 alike.
struct ShardIndex {
  let path: String
  /// From the names of tensors, or of groups of them, to those of files, in the order of the file.
  private(set) var entries: [(name: String, files: [String])]
  /// What the index says of the bytes of all tensors.
  private let totalSize: Int?

  init(reading path: String) throws {
    let document = try JSON.read(path)
    guard let map = document["weight_map"] else {
      throw Failure(JSONReason.missing("weight_map"), at: Place(file: path))
    }
    guard let members = map.members else {
      throw Failure(
        JSONReason.wrongType("weight_map", expected: "an object"), at: Place(file: path))
    }
    self.path = path
    totalSize = document["metadata"]?["total_size"]?.number.flatMap { Int(exactly: $0) }
    entries = try members.map { name, value in
      let files = value.string.map { [$0] } ?? value.array?.compactMap(\.string) ?? []
      guard !files.isEmpty else {
        throw Failure(
          JSONReason.wrongType(name, expected: "the name of a file"), at: Place(file: path))
      }
      if let file = files.first(where: { !Self.isPlainName($0) }) {
        throw Failure(ShardReason.leavesFolder(file), at: Place(file: path, tensor: name))
      }
      return (name, files)
    }
    guard !entries.isEmpty else { throw Failure(ShardReason.empty, at: Place(file: path)) }
  }

  /// The paths of all files that the index names, each once, in the order of their first mention.
  ///
  /// - Throws: ``Failure`` naming those that are missing.
  func paths() throws -> [String] {
    var seen: Set<String> = []
    let names = entries.flatMap(\.files).filter { seen.insert($0).inserted }
    let folder = splitPath(path).parent
    let missing = names.filter { !exists(joinPath(folder, $0)) }
    guard missing.isEmpty else {
      throw Failure(ShardReason.missingFiles(missing.sorted()), at: Place(file: path))
    }
    return names.sorted().map { joinPath(folder, $0) }
  }

  /// The index without some of its tensors.
  func excluding(_ names: Set<String>) -> ShardIndex {
    var index = self
    index.entries.removeAll { names.contains($0.name) }
    return index
  }

  /// The index under other names for its tensors.
  func renaming(_ body: (String) -> String) -> ShardIndex {
    var index = self
    index.entries = entries.map { (body($0.name), $0.files) }
    return index
  }

  private static func isPlainName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && !name.contains("/") && !name.contains("\0")
  }

  /// How the index and what the files hold disagree: tensors without data are an error, data that the
  /// index does not name are left out and said.
  func select(
    _ tensors: [(tensor: NamedTensor, file: String)]
  ) throws -> (tensors: [NamedTensor], diagnostics: [Diagnostic]) {
    let homes = Dictionary(entries.map { ($0.name, $0.files) }, uniquingKeysWith: { $1 })
    var found: Set<String> = []
    var selected: [NamedTensor] = []
    var diagnostics: [Diagnostic] = []
    for (tensor, file) in tensors {
      if homes[tensor.name]?.contains(splitPath(file).name) == true {
        guard found.insert(tensor.name).inserted else { continue }
        selected.append(tensor)
      } else {
        diagnostics.append(
          Diagnostic(
            .warning, .indexMismatch,
            "left out: the index does not place it in \(splitPath(file).name)",
            tensor: tensor.name))
      }
    }
    let missing = entries.filter { !found.contains($0.name) }
    guard missing.isEmpty else {
      throw Failure(
        ShardReason.missingTensors(missing.map(\.name)), at: Place(file: path))
    }
    return (selected, diagnostics + totalDiagnostics(selected))
  }

  private func totalDiagnostics(_ tensors: [NamedTensor]) -> [Diagnostic] {
    let size = tensors.reduce(0) { $0 + $1.tensor.byteCount }
    guard let totalSize, totalSize != size else { return [] }
    return [
      Diagnostic(
        .warning, .indexMismatch,
        "the index says \(totalSize) bytes in all, the tensors have \(size)")
    ]
  }
}

/// What can be wrong with a model in several files.
enum ShardReason: Reason {
  case empty
  case leavesFolder(String)
  case missingFiles([String])
  case missingTensors([String])

  var description: String {
    switch self {
    case .empty: "names no tensors"
    case .leavesFolder(let file): "'\(printable(file))' leaves the folder of the index"
    case .missingFiles(let files): "files are missing: \(Self.list(files))"
    case .missingTensors(let names): "the files lack tensors that it names: \(Self.list(names))"
    }
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(5).map(printable).joined(separator: ", ")
    return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
  }
}
