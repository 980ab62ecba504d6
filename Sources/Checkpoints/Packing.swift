import Kernels
import Tensors

/// Several parameters that files of a dialect hold as one tensor, one under another and equally high: query, key and
/// value of a layer.
///
/// Within `pare` each is a tensor of its own, under a name that differs from that of the whole in how it ends.
public struct Packing: Sendable, Equatable {
  /// How the name of the whole ends.
  public let whole: String
  /// How those of its parts end, from the first row on.
  public let parts: [String]
  /// Whether files are written so; else they are only read.
  public let isWritten: Bool

  public init(_ whole: String, _ parts: [String], isWritten: Bool) {
    self.whole = whole
    self.parts = parts
    self.isWritten = isWritten
  }

  /// The names of the parts of a whole; nil if the name is not that of one.
  package func partNames(of name: String) -> [String]? {
    Self.stem(of: name, before: whole).map { stem in parts.map { stem + $0 } }
  }

  /// The name of the whole that a part belongs to, and which part it is; nil if the name is not that of one.
  package func home(of name: String) -> (whole: String, index: Int)? {
    for (index, part) in parts.enumerated() {
      if let stem = Self.stem(of: name, before: part) { return (stem + whole, index) }
    }
    return nil
  }

  private static func stem(of name: String, before ending: String) -> String? {
    guard name.utf8.count >= ending.utf8.count else { return nil }
    let end = name.utf8.index(name.endIndex, offsetBy: -ending.utf8.count)
    return name.utf8[end...].elementsEqual(ending.utf8) ? String(name[..<end]) : nil
  }
}

extension NamedTensor {
  /// Equally many rows under each of some names; nil where rows cannot be divided so.
  package func divided(as names: [String]) -> [NamedTensor]? {
    let size = byteCount / names.count
    guard let storage else {
      return tensor.divided(into: names.count).map { parts in
        zip(names, parts).map { NamedTensor($0, $1, byteCount: size) }
      }
    }
    let shape = tensor.shape
    guard shape.rank == 2, shape[0] % names.count == 0 else { return nil }
    let height = shape[0] / names.count
    return try? names.enumerated().map { index, name in
      let rows = Gather(Array((index * height)..<((index + 1) * height)))
      let part = try storage.taking(rows: rows, columns: nil, of: shape)
      return NamedTensor(
        name, part, [height, shape[1]], as: tensor.elementType, byteCount: size)
    }
  }
}
