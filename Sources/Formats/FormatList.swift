import Checkpoints
import Tensors

/// The formats that `pare` knows, in the order in which a file's content is held against them.
///
/// Adding a format is one line here.
package enum FormatList {
  package static let all: [any Format] = [
    PareFormat(),
    SafetensorsFormat(),
    CompressedTensorsFormat(),
    Keras3Format(),
    KerasArchiveFormat(),
    TensorFlowHDF5Format(),
    HDF5Format(),
    PyTorchFormat(),
    NumPyFormat(),
    TensorFlowCheckpointFormat(),
    GGUFFormat(),
    ONNXFormat(),
    CTranslate2Format(),
  ]

  package static func named(_ name: String) -> (any Format)? { all.first { $0.name == name } }

  /// The format of a file that is to be written, by its name; the longest ending wins.
  package static func forOutput(_ path: String) -> (any Format)? {
    let candidates = all.flatMap { format in
      format.extensions.filter { path.hasSuffix($0) }.map { (ending: $0, format: format) }
    }
    return candidates.max { $0.ending.utf8.count < $1.ending.utf8.count }?.format
  }

  /// The format of a file that is to be read, by its first bytes, then by its name, then by what lies beside it.
  ///
  /// - Throws: ``Failure`` if no format takes it, with a hint where it is known what the file is.
  package static func recognize(_ path: String) throws -> any Format {
    let file = try InputFile(path, access: .read)
    guard file.byteCount > 0 else { throw Failure(SniffReason.empty, at: Place(file: path)) }
    let prefix = try file.bytes(0..<min(4096, file.byteCount))
    if let stranger = Stranger(prefix, path: path) {
      throw Failure(SniffReason.stranger(stranger), at: Place(file: path))
    }
    // Content first: a name may lie.
    let format =
      all.first { $0.recognizes(prefix, path: "") }
      ?? all.first { $0.recognizes(prefix, path: path) }
    guard let format else {
      throw Failure(SniffReason.unknown, at: Place(file: path))
    }
    return try all.first { try $0.reinterprets(format, at: path) } ?? format
  }
}

/// Files that people take for checkpoints.
package enum Stranger: Sendable {
  case lfsPointer
  case webPage
  case gzip
  case tar
  case torchTar

  init?(_ prefix: [UInt8], path: String) {
    func starts(_ text: String) -> Bool { prefix.starts(with: text.utf8) }
    if starts("version https://git-lfs") {
      self = .lfsPointer
    } else if starts("<!DOCTYPE") || starts("<!doctype") || starts("<html") {
      self = .webPage
    } else if prefix.starts(with: [0x1F, 0x8B]) {
      self = .gzip
    } else if prefix.count > 262, prefix[257..<262].elementsEqual("ustar".utf8) {
      let first = prefix.prefix { $0 != 0 }
      let members = ["sys_info", "pickle", "tensors", "storages"]
      self = members.contains { first.elementsEqual($0.utf8) } ? .torchTar : .tar
    } else {
      return nil
    }
  }
}

/// Why a file is taken by no format.
package enum SniffReason: Reason {
  case empty
  case unknown
  case stranger(Stranger)

  package var description: String {
    switch self {
    case .empty: "the file is empty"
    case .unknown: "the format is not known"
    case .stranger(.lfsPointer): "is a Git LFS pointer, not the file it stands for"
    case .stranger(.webPage): "is a web page, not a checkpoint"
    case .stranger(.gzip): "is compressed with gzip"
    case .stranger(.tar): "is a tar archive"
    case .stranger(.torchTar): "is a tar file of PyTorch 0.1, which is not read"
    }
  }

  package var hint: String? {
    switch self {
    case .empty: "the download may have failed; fetch it again"
    case .unknown: "'pare formats' lists what can be read; --from names a format"
    case .stranger(.lfsPointer): "run 'git lfs pull' where it was cloned"
    case .stranger(.webPage): "the download needs a login or another address"
    case .stranger(.gzip): "unpack it first: gunzip"
    case .stranger(.tar): "unpack it first: tar -xf"
    case .stranger(.torchTar): "load it with a PyTorch before 1.6 and save it again"
    }
  }
}
