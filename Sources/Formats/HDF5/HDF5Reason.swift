import Tensors

/// Why a file whose structure can be read is refused all the same.
enum HDF5Reason: Reason {
  case noSignature
  case duplicatePath
  case nameNotText
  case unreadable(String)
  case externalLink(String)
  case danglingLink(String)
  case userDefinedLink(UInt32)
  case cycle(String)
  case virtualDataset
  case externalStorage([String])
  case unknownLayout
  case shapeOverflow([Int])
  case bomb(declared: Int, stored: Int)
  case wrongSize(declared: Int, stored: Int)
  case wrongFillSize(declared: Int, found: Int)
  case wrongChunkRank(Int, expected: Int)
  case chunkLengths([Int])
  case misplacedChunk([Int])

  var description: String {
    switch self {
    case .noSignature: "is not an HDF5 file"
    case .duplicatePath: "two objects have this path"
    case .nameNotText: "the name is not UTF-8"
    case .unreadable(let reason): "cannot be read: \(printable(reason))"
    case .externalLink(let file):
      "is a link to the file '\(printable(file))', which is not followed"
    case .danglingLink(let target): "is a link to '\(printable(target))', which does not exist"
    case .userDefinedLink(let kind): "is a link of the user-defined class \(kind)"
    case .cycle(let path): "leads back to '/\(printable(path))', which holds it"
    case .virtualDataset: "is a virtual dataset: its data lie in other files, which are not opened"
    case .externalStorage(let files):
      "keeps its data in other files, which are not opened: "
        + files.prefix(3).map(printable).joined(separator: ", ")
    case .unknownLayout: "has a storage layout that is not known"
    case .shapeOverflow(let shape): "the shape \(shape) has too many elements"
    case .bomb(let declared, let stored):
      "declares \(declared) bytes and stores \(stored): refused as a decompression bomb"
    case .wrongSize(let declared, let stored):
      "type and shape need \(declared) bytes, \(stored) are stored"
    case .wrongFillSize(let declared, let found):
      "an element has \(declared) bytes, the fill value \(found)"
    case .wrongChunkRank(let rank, let expected):
      "has chunks of \(rank) axes, the dataset has \(expected)"
    case .chunkLengths(let lengths): "cannot have chunks of \(lengths) elements"
    case .misplacedChunk(let start): "a chunk stands at \(start), between two places for chunks"
    }
  }

  var hint: String? {
    switch self {
    case .unreadable: "it is damaged, or written by a newer libhdf5 than the one installed here"
    default: nil
    }
  }
}

/// Why the data of a dataset cannot be read.
enum HDF5DataReason: Reason {
  case chunkSize(expected: Int, found: Int)
  case checksum(stored: UInt32, computed: UInt32)
  case noMemory(Int)

  var description: String {
    switch self {
    case .chunkSize(let expected, let found): "a chunk has \(found) bytes, expected are \(expected)"
    case .checksum(let stored, let computed):
      "a chunk is damaged: its checksum should be \(hexadecimal(stored)), it is "
        + hexadecimal(computed)
    case .noMemory(let count): "out of memory: \(count) bytes needed"
    }
  }

  private func hexadecimal(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }
}
