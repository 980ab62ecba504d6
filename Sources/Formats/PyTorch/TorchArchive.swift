import Checkpoints
import Tensors

/// A file of PyTorch since version 1.6: a ZIP archive with a pickle, and one member for each storage
/// (`caffe2/serialize/inline_container.cc`).
///
/// All members lie under one name, that of the file when it was written.
struct TorchArchive {
  let contents: TorchContents

  private static let pickleName = "data.pkl"
  private static let pickleLimit = PickleDecoder.sizeLimit
  private static let orderLimit = 64

  init(_ file: InputFile) throws {
    let archive = try ZipArchive(file)
    let members = Dictionary(archive.members.map { ($0.name, $0) }) { first, _ in first }
    guard let pickle = Self.pickle(among: archive.members) else {
      throw Failure(TorchReason.noPickle, at: Place(file: file.path))
    }
    let root = pickle.name.dropLast(Self.pickleName.count)
    guard members["\(root)constants.pkl"] == nil,
      !archive.members.contains(where: { $0.name.hasPrefix("\(root)code/") })
    else { throw Failure(TorchReason.torchScript, at: Place(file: file.path)) }
    let isSwapped = try Self.isSwapped(archive, members["\(root)byteorder"])
    let graph = try Self.graph(of: pickle, in: archive)
    contents = try TorchContents(graph, path: file.path) { storage, byteCount in
      guard let member = members["\(root)data/\(storage.key)"] else {
        throw Failure(TorchReason.missingStorage(storage.key))
      }
      guard member.byteCount == byteCount else {
        throw Failure(
          TorchReason.storageSize(declared: byteCount, found: member.byteCount),
          at: Place(offset: member.headerOffset))
      }
      let source = try archive.source(of: member, 0..<byteCount)
      guard isSwapped, let width = storage.elementType?.wordWidth, width > 1 else { return source }
      return SwappedSource(base: source, width: width)
    }
  }

  /// The member that is the pickle: of the outermost folder.
  private static func pickle(among members: [ZipMember]) -> ZipMember? {
    members.filter { member in
      guard member.name.hasSuffix(pickleName) else { return false }
      let root = member.name.dropLast(pickleName.count)
      return root.isEmpty || root.last == "/" && !root.dropLast().contains("/")
    }.min { $0.headerOffset < $1.headerOffset }
  }

  private static func graph(of pickle: ZipMember, in archive: ZipArchive) throws -> PickleGraph {
    guard pickle.byteCount <= pickleLimit else {
      throw Failure(
        PickleReason.tooLarge(limit: pickleLimit),
        at: Place(file: archive.file.path, offset: pickle.headerOffset))
    }
    if pickle.method == .stored {
      return try PickleDecoder.decode(archive.file, pickle.range).graph
    }
    let copy = try archive.copy(of: pickle)
    return try PickleDecoder.decode(copy, 0..<copy.byteCount).graph
  }

  private static func isSwapped(_ archive: ZipArchive, _ member: ZipMember?) throws -> Bool {
    guard let member else { return false }
    let text = String(
      decoding: try archive.bytes(of: member, limit: orderLimit), as: UTF8.self)
    switch text {
    case "little": return false
    case "big": return true
    default: throw Failure(TorchReason.byteOrder(text), at: Place(file: archive.file.path))
    }
  }
}

extension ElementType {
  /// The width of what is turned round where bytes are in the other order: a complex number is two words.
  fileprivate var wordWidth: Int? { self == .c64 ? 4 : byteWidth }
}
