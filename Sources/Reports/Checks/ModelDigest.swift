import Checkpoints
import Documents
import Kernels
import Synchronization
import Tensors

/// A digest of what a model holds, whatever container it lies in, under whatever names and in whatever order.
///
/// Each tensor is a line: what it is, its element type, its shape in PyTorch's orientation, and the SHA-256 of its values, row-major and little-endian.
/// What it is: its role where the names are understood, so that a tie that is stored once and one that is stored twice are one line; else its name, with control characters and backslashes as `\u{…}`. The digest is the
/// SHA-256 of these lines, ordered by their bytes, each ended by a line feed. Buffers are left out where the names are understood, as the model makes them anew;
/// configuration and vocabulary are no part of it.
public struct ModelDigest: Sendable {
  /// 64 hexadecimal digits.
  public let text: String
  /// In order.
  public let lines: [String]

  /// A name that cannot be taken for two fields or two lines, nor command a terminal.
  private static func escaped(_ name: String) -> String {
    name.unicodeScalars.map { scalar in
      let isPlain =
        scalar != "\\" && scalar.properties.generalCategory != .control
        && !scalar.properties.isBidiControl
      return isPlain ? String(scalar) : "\\u{" + String(scalar.value, radix: 16) + "}"
    }.joined()
  }

  /// Reads all data, on several threads.
  public init(of checkpoint: Checkpoint, threads: Int = 1, progress: Progress? = nil) throws {
    let sides = checkpoint.comparedSides(byRole: checkpoint.dialect != nil)
    progress?.expect(sides.reduce(0) { $0 + $1.side.tensor.byteCount })
    let gathered = Mutex([String]())
    let file = checkpoint.container.files.first
    try Workers.forEach(sides.map { ($0.key, $0.side) }, threads: threads) { key, side in
      var digest = SHA256()
      do {
        for piece in side.tensor.source.pieces {
          try side.tensor.source.withBytes(piece) { digest.update($0) }
        }
      } catch let failure as Failure {
        throw failure.within(Place(file: file, tensor: side.name))
      }
      let line = "\(Self.escaped(key))\t\(side.elementType.rawValue)\t\(side.shape)\t\(digest.text)"
      gathered.withLock { $0.append(line) }
      progress?.advance(side.tensor.byteCount)
    }
    lines = gathered.withLock { $0 }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    var digest = SHA256()
    for line in lines { digest.update(line + "\n") }
    text = digest.text
  }
}

extension ModelDigest {
  /// The digest as `pare.hash/1`; keys are only ever added.
  public func json(path: String, tensors: Bool) -> JSON {
    var members: [(key: String, value: JSON)] = [
      ("schema", "pare.hash/1"), ("path", .string(path)), ("digest", .string(text)),
    ]
    if tensors { members.append(("tensors", .array(lines.map(JSON.string)))) }
    return .object(members)
  }
}
