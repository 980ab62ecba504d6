import Checkpoints
import Documents
import Tensors

/// What the metadata of a file of the format `pare` say of its tensors: a value for each, by name.
///
/// Three keys of `__metadata__`: the version, the manifest as JSON text, and the CRC-32 of that text.
struct PareManifest {
  static let version = "1"
  static let versionKey = "pare.version"
  static let checksumKey = "pare.checksum"
  static let tensorsKey = "pare.tensors"
  static let keys: Set<String> = [versionKey, checksumKey, tensorsKey]

  /// More than any model takes, little enough to be added to without care, in bytes.
  static let byteLimit = 1 << 56

  /// In the order of the model.
  var entries: [(name: String, entry: Entry)]

  /// How a tensor is held.
  enum Entry {
    /// As it is, with the CRC-32 of its bytes.
    case plain(checksum: UInt32)
    /// In coded streams, one after another in a U8 tensor of its name.
    case coded(ElementType, Shape, storage: JSON)
    /// Not at all: its values are those of another tensor.
    case shared(with: String)
  }

  init(_ entries: [(name: String, entry: Entry)]) { self.entries = entries }

  /// The metadata of a file: the manifest before the text that is carried beside the tensors.
  func metadata(beside carried: [(key: String, value: String)]) -> [(key: String, value: String)] {
    let text = JSON.object(entries.map { (key: $0.name, value: $0.entry.json) }).text()
    return [
      (Self.versionKey, Self.version),
      (Self.checksumKey, hexadecimal(checksum([UInt8](text.utf8)))),
      (Self.tensorsKey, text),
    ] + carried.filter { !Self.keys.contains($0.key) }
  }

  /// - Throws: ``Failure`` of the manifest itself; entries are not yet held against the tensors.
  init(reading metadata: [(key: String, value: String)], at path: String) throws {
    func value(_ key: String) throws -> String {
      guard let value = metadata.first(where: { $0.key == key })?.value else {
        throw Failure(PareReason.incomplete(key), at: Place(file: path))
      }
      return value
    }
    let version = try value(Self.versionKey)
    guard version == Self.version else {
      throw Failure(PareReason.version(version), at: Place(file: path))
    }
    let text = [UInt8](try value(Self.tensorsKey).utf8)
    guard try value(Self.checksumKey) == hexadecimal(checksum(text)) else {
      throw Failure(PareReason.manifestChecksum, at: Place(file: path))
    }
    guard let members = try JSON.parse(text, file: path).members else {
      throw Failure(
        PareReason.field(Self.tensorsKey, expected: "an object"), at: Place(file: path))
    }
    entries = try members.map { name, value in
      do {
        return (name, try Entry(reading: value))
      } catch let failure as Failure {
        throw failure.within(Place(file: path, tensor: name))
      }
    }
  }
}

extension PareManifest.Entry {
  var json: JSON {
    switch self {
    case .plain(let checksum): .integer(Int(checksum))
    case .coded(let type, let shape, let storage):
      [.string(type.rawValue), .shape(shape), storage]
    case .shared(let name): .string(name)
    }
  }

  init(reading json: JSON) throws {
    switch json {
    case .integer(let value):
      guard let checksum = UInt32(exactly: value) else {
        throw Failure(PareReason.field("checksum", expected: "of 32 bits"))
      }
      self = .plain(checksum: checksum)
    case .string(let name): self = .shared(with: name)
    case .array(let fields) where fields.count == 3:
      guard let name = fields[0].string else {
        throw Failure(PareReason.field("type", expected: "the name of an element type"))
      }
      guard let type = ElementType(rawValue: name) else {
        throw Failure(FormatReason.unknownElementType(name))
      }
      self = .coded(type, try Shape(reading: fields[1]), storage: fields[2])
    default:
      throw Failure(
        PareReason.field(
          "entry", expected: "a checksum, the name of a tensor, or type, shape and storage"))
    }
  }
}
