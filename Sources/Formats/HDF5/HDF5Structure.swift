/// What an HDF5 file holds, without the data: its groups, datasets, attributes and links.
///
/// Entries stand in depth-first order, names ascending, a group before what it holds.
struct HDF5Structure: Sendable {
  private(set) var entries: [HDF5Entry] = []
  private var positions: [String: Int] = [:]

  /// Adds an entry, or returns false if its path is taken.
  mutating func append(_ entry: HDF5Entry) -> Bool {
    guard positions.updateValue(entries.count, forKey: entry.path) == nil else { return false }
    entries.append(entry)
    return true
  }

  /// The entry of a path without its leading slash; "" is the root.
  subscript(path: String) -> HDF5Entry? { positions[path].map { entries[$0] } }

  /// The attributes of a group or dataset; none where there is neither.
  func attributes(of path: String) -> [HDF5Attribute] { self[path]?.attributes ?? [] }

  /// The dataset of a path, also where it is a second name of one.
  func dataset(_ path: String) -> HDF5Dataset? {
    switch self[path]?.kind {
    case .dataset(let dataset): dataset
    case .alias(let first):
      if case .dataset(let dataset) = self[first]?.kind { dataset } else { nil }
    default: nil
    }
  }

  func isGroup(_ path: String) -> Bool {
    if case .group = self[path]?.kind { true } else { false }
  }
}

/// One link of a file and what it leads to.
struct HDF5Entry: Sendable {
  /// Without a leading slash; "" is the root.
  var path: String
  var kind: Kind

  enum Kind: Sendable {
    case group([HDF5Attribute])
    case dataset(HDF5Dataset)
    /// A datatype that was given a name; it holds no data.
    case namedType
    case softLink(target: String)
    case externalLink(file: String)
    /// A hard link to what was first found under another path.
    case alias(of: String)
    case userDefinedLink(class: UInt32)
    case unreadable(reason: String)
  }

  var attributes: [HDF5Attribute] {
    switch kind {
    case .group(let attributes): attributes
    case .dataset(let dataset): dataset.attributes
    default: []
    }
  }
}

struct HDF5Attribute: Sendable {
  var name: String
  var space: HDF5Space
  var value: Value

  enum Value: Sendable, Equatable {
    case strings([String])
    case signed([Int64])
    case unsigned([UInt64])
    case floats([Double])
    /// Of a type that has no value here, or larger than the limit.
    case none
  }
}

/// The extent of a dataset or attribute.
enum HDF5Space: Sendable, Equatable {
  case scalar
  case simple([Int])
  /// No elements at all, which is not the same as an axis of length 0.
  case null
}

struct HDF5Dataset: Sendable {
  var type: HDF5Type
  var space: HDF5Space
  var storage: Storage
  /// What the storage takes in the file, in bytes.
  var storedByteCount: Int
  /// In the order of writing.
  var filters: [HDF5Filter]
  /// One element of the dataset's own type; empty where it is all zeros.
  var fill: [UInt8]
  var attributes: [HDF5Attribute]

  enum Storage: Sendable {
    case compact([UInt8])
    /// At an offset in the file, or nil where nothing was ever written.
    case contiguous(offset: Int?)
    case chunked(HDF5ChunkTable)
    case virtual
    case external([String])
    case unknown
  }
}

/// The chunks of a dataset that are stored.
struct HDF5ChunkTable: Sendable {
  /// The lengths of a chunk, in elements.
  var lengths: [Int]
  var chunks: [Chunk] = []
  /// Where each chunk begins, in elements: as many numbers for each as there are axes.
  var starts: [Int] = []

  struct Chunk: Sendable {
    /// Bit i says that filter i was skipped.
    var mask: UInt32
    var offset: Int
    var byteCount: Int
  }
}

struct HDF5Filter: Sendable {
  var identifier: UInt32
  var name: String
  var values: [UInt32]
}
