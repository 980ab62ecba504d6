import Tensors

/// YAML as files of settings use it: one document, read through libyaml into a JSON value.
///
/// Plain scalars are resolved by the core schema of YAML 1.2.2 (§10.3): `yes` and `no` are text, `0o17`
/// and `0x1F` are integers. Keys are the text of their scalars. Refused are aliases, keys that are
/// equal or no scalars, tags beyond those of the core schema, numbers that are not finite and
/// integers beyond 64 bits.
package enum YAML {
  /// How deep documents may nest.
  package static let depthLimit = JSON.depthLimit

  /// Reads a YAML file.
  package static func read(_ path: String, limit: Int = 1 << 20) throws -> JSON {
    let file = try InputFile(path, access: .read)
    guard file.byteCount <= limit else {
      throw Failure(YAMLReason.tooLarge(file.byteCount, limit: limit), at: Place(file: path))
    }
    return try parse(file.bytes(0..<file.byteCount), file: path)
  }

  /// Reads one YAML document; no document, or an empty one, is null.
  ///
  /// - Parameter file: the name that errors are reported under.
  /// - Throws: ``Failure`` with the line and the column of what is wrong.
  package static func parse(_ text: [UInt8], file: String) throws -> JSON {
    do {
      return try text.withUnsafeBytes { bytes in
        var composer = YAMLComposer(try YAMLEvents(bytes))
        return try composer.document()
      }
    } catch let failure as Failure {
      throw failure.within(Place(file: file))
    }
  }
}

/// What can be wrong with a YAML document.
package enum YAMLReason: Reason {
  case syntax(String)
  case secondDocument
  case alias(String)
  case depth
  case duplicateKey(String)
  case keyNotScalar
  case unknownTag(String)
  case notOfTag(String, tag: String)
  case integerOverflow(String)
  case notFinite(String)
  case tooLarge(Int, limit: Int)
  case noMemory

  package var description: String {
    switch self {
    case .syntax(let what): "is not valid YAML: \(what)"
    case .secondDocument: "a second document begins, but one is expected"
    case .alias(let name): "the alias '*\(printable(name))' is not supported"
    case .depth: "nests deeper than \(YAML.depthLimit) levels"
    case .duplicateKey(let key): "the key '\(printable(key))' appears twice"
    case .keyNotScalar: "a key should be text, but is a list or a mapping"
    case .unknownTag(let tag): "the tag '\(printable(tag))' is not supported"
    case .notOfTag(let text, let tag): "'\(printable(text))' is no value of the tag '\(tag)'"
    case .integerOverflow(let text): "the integer \(printable(text)) is beyond 64 bits"
    case .notFinite(let text): "the number \(printable(text)) is not finite"
    case .tooLarge(let count, let limit):
      "is too large for a YAML document: \(count) bytes, at most \(limit)"
    case .noMemory: "cannot be read: out of memory"
    }
  }

  package var hint: String? {
    switch self {
    case .alias: "write out what the alias stands for; text that begins with * needs quotes"
    case .unknownTag: "text that begins with ! needs quotes"
    default: nil
    }
  }
}
