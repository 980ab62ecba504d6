import Checkpoints
import Tensors

/// A model in one GGUF file, or in all parts of which one was named.
struct GGUFParts {
  /// The path that was named; where there are parts, then those from the first to the last.
  let paths: [String]
  let byteCount: Int
  let tensors: [NamedTensor]
  let foreign: [ForeignTensor]
  /// Those of the first part, without what is said of the parts.
  let attributes: [(key: String, value: Attribute)]
  let diagnostics: [Diagnostic]

  /// - Throws: ``Failure`` if parts are missing, or are not of one model.
  init(of named: GGUFFile, access: FileAccess) throws {
    let parts: [GGUFFile]
    let path = named.file.path
    if let count = named.integer(GGUFSplit.countKey), count > 1 {
      parts = try Self.open(named, count, access)
      paths = [path] + parts.map(\.file.path)
    } else {
      parts = [named]
      paths = [path]
    }
    byteCount = parts.reduce(0) { $0 + $1.file.byteCount }
    tensors = parts.flatMap(\.tensors)
    foreign = parts.flatMap(\.foreign)
    attributes = parts[0].attributes.filter { !GGUFSplit.keys.contains($0.key) }
    diagnostics = parts.flatMap(\.diagnostics)
    guard parts.count > 1 else { return }
    var names: Set<String> = []
    for name in tensors.map(\.name) + foreign.map(\.name) where !names.insert(name).inserted {
      throw Failure(GGUFReason.duplicateTensor, at: Place(file: path, tensor: name))
    }
    if let said = parts[0].integer(GGUFSplit.tensorCountKey), said != names.count {
      throw Failure(
        GGUFReason.tensorCount(said: said, found: names.count), at: Place(file: path))
    }
  }

  private static func open(
    _ named: GGUFFile, _ count: Int, _ access: FileAccess
  ) throws -> [GGUFFile] {
    let path = named.file.path
    let number = (named.integer(GGUFSplit.numberKey) ?? 0).addingClamped(1)
    guard count < 1 << 16, let name = GGUFSplit.Name(splitPath(path).name), name.count == count
    else { throw Failure(GGUFReason.partName(number: number, count: count), at: Place(file: path)) }
    let folder = splitPath(path).parent
    let siblings = (1...count).map { joinPath(folder, name.part($0)) }
    let missing = siblings.filter { !exists($0) }
    guard missing.isEmpty else {
      throw Failure(
        GGUFReason.missingParts(missing.map { splitPath($0).name }), at: Place(file: path))
    }
    return try siblings.enumerated().map { index, sibling in
      let part = index + 1 == name.number ? named : try GGUFFile(sibling, access: access)
      let (number, total) = (
        part.integer(GGUFSplit.numberKey) ?? 0, part.integer(GGUFSplit.countKey)
      )
      guard number == index, total == count else {
        let found = total.map { "part \(number.addingClamped(1)) of \($0)" } ?? "no part"
        throw Failure(
          GGUFReason.partKeys(number: index + 1, count: count, found: found),
          at: Place(file: sibling))
      }
      return part
    }
  }
}

extension GGUFFormat {
  /// The first part of a model in a folder, where that holds parts of one model and no other GGUF.
  package func resolve(_ path: String) throws -> String? {
    guard isFolder(path) else { return nil }
    let files = folderEntries(path).filter { $0.hasSuffix(".gguf") && !$0.hasPrefix(".") }
    guard let first = files.compactMap(GGUFSplit.Name.init).first(where: { $0.number == 1 }) else {
      return nil
    }
    let parts = Set((1...first.count).map(first.part))
    return files.allSatisfy(parts.contains) ? joinPath(path, first.part(1)) : nil
  }
}

extension GGUFFile {
  fileprivate func integer(_ key: String) -> Int? {
    attributes.first { $0.key == key }?.value.integer
  }
}

/// How parts of a model name themselves.
enum GGUFSplit {
  static let numberKey = "split.no"
  static let countKey = "split.count"
  static let tensorCountKey = "split.tensors.count"
  static let keys: Set = [numberKey, countKey, tensorCountKey]

  /// A name such as `model-00002-of-00003.gguf`.
  struct Name {
    let stem: String
    let number: Int
    let count: Int

    /// Nil if the name is not that of a part.
    init?(_ name: String) {
      let bytes = [UInt8](name.utf8)
      let ending = [UInt8](".gguf".utf8)
      // -00001-of-00003
      guard bytes.count > 15 + ending.count, bytes.suffix(ending.count) == ending[...] else {
        return nil
      }
      let start = bytes.count - ending.count - 15
      let middle = [UInt8]("-of-".utf8)
      guard bytes[start] == UInt8(ascii: "-"), bytes[(start + 6)..<(start + 10)] == middle[...],
        let number = Int(String(decoding: bytes[(start + 1)..<(start + 6)], as: UTF8.self)),
        let count = Int(String(decoding: bytes[(start + 10)..<(start + 15)], as: UTF8.self)),
        number > 0, number <= count
      else { return nil }
      stem = String(decoding: bytes[..<start], as: UTF8.self)
      self.number = number
      self.count = count
    }

    /// The name of another part.
    func part(_ number: Int) -> String {
      "\(stem)-\(padded(number))-of-\(padded(count)).gguf"
    }
  }
}
