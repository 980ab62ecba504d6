import CHDF5
import Tensors

/// An HDF5 file being laid out by libhdf5, in a process of its own.
///
/// Calls are sent in batches: a failure may belong to an earlier call.
struct HDF5Writer: ~Copyable {
  private let writer: OpaquePointer
  private let path: String

  /// Begins with an empty file.
  init(_ file: OutputFile) throws {
    writer = try Self.begin(file)
    path = file.path
  }

  private static func begin(_ file: OutputFile) throws -> OpaquePointer {
    guard let writer = pare_hdf5_writer_begin(file.descriptor, nil) else {
      throw Failure(HDF5WriteReason.noMemory, at: Place(file: file.path))
    }
    do {
      try check(pare_hdf5_writer_status(writer), of: writer, file.path)
    } catch {
      pare_hdf5_writer_end(writer)
      throw error
    }
    return writer
  }

  deinit { pare_hdf5_writer_end(writer) }

  /// Makes a group and those above it.
  func makeGroup(_ group: String) throws { try check(pare_hdf5_create_group(writer, "/" + group)) }

  /// Makes a dataset whose data will be written at the offset that ``finish(_:)`` returns.
  ///
  /// - Returns: its number, counted from 0 over all datasets.
  func makeContiguous(_ name: String, _ type: pare_hdf5_element, _ shape: Shape) throws -> Int {
    var number: UInt32 = 0
    let lengths = shape.lengths.map { UInt64($0) }
    try check(
      pare_hdf5_create_contiguous(
        writer, "/" + name, type, UInt32(lengths.count), lengths, &number))
    return Int(number)
  }

  /// Makes a dataset whose chunks will be sent, shuffled where elements have several bytes, then
  /// deflated.
  func makeChunked(
    _ name: String, _ type: pare_hdf5_element, _ chunking: HDF5Chunking, level: Int
  ) throws -> Int {
    var number: UInt32 = 0
    try check(
      pare_hdf5_create_chunked(
        writer, "/" + name, type, UInt32(chunking.lengths.count),
        chunking.lengths.map { UInt64($0) }, chunking.chunkLengths.map { UInt64($0) },
        chunking.isShuffled ? 1 : 0, Int32(level), &number))
    return Int(number)
  }

  func write(_ chunk: HDF5Chunking.Packed, of number: Int, at start: [Int]) throws {
    let lengths = start.map { UInt64($0) }
    try check(
      chunk.bytes.withUnsafeBytes { bytes in
        guard let first = bytes.baseAddress else { return PARE_HDF5_MISUSE }
        return pare_hdf5_write_chunk(
          writer, UInt32(number), UInt32(lengths.count), lengths, chunk.mask, first, bytes.count)
      })
  }

  /// Sets an attribute of a group or dataset to a text.
  func set(_ attribute: String, of object: String, to text: String) throws {
    try check(
      pare_hdf5_set_string(
        writer, "/" + object, attribute, text, text.utf8.count, PARE_HDF5_UTF8))
  }

  /// Sets an attribute to a list of names, each as wide as the longest, as numpy's `S` has them.
  func set(_ attribute: String, of object: String, toNames names: [String]) throws {
    let lengths = names.map(\.utf8.count)
    try check(
      pare_hdf5_set_strings(
        writer, "/" + object, attribute, names.joined(), lengths, names.count, PARE_HDF5_FIXED))
  }

  /// Closes the file, which has its final size then.
  ///
  /// - Parameter count: of the datasets.
  /// - Returns: where the data of each go; nil for those in chunks and those without elements.
  func finish(_ count: Int) throws -> [Int?] {
    var offsets = [UInt64](repeating: 0, count: count)
    try check(pare_hdf5_writer_finish(writer, &offsets, count))
    return offsets.map { Int(exactly: $0) }
  }

  private func check(_ status: pare_hdf5_status) throws {
    try Self.check(status, of: writer, path)
  }

  private static func check(
    _ status: pare_hdf5_status, of writer: OpaquePointer, _ path: String
  ) throws {
    let message = String(cString: pare_hdf5_writer_message(writer))
    let signal = pare_hdf5_writer_signal(writer)
    if let reason = HDF5ChildReason(status, signal: signal, message: message) {
      throw Failure(HDF5WriteReason.child(reason), at: Place(file: path))
    }
  }
}

/// Why an HDF5 file cannot be written.
enum HDF5WriteReason: Reason {
  case child(HDF5ChildReason)
  case noMemory
  case unusableName
  case nameConflict(String)
  case tooManyAxes(Int)
  case nulInText(String)
  case noLayer
  case namesTooLong(String)
  case cannotCompress

  var outcome: Outcome {
    switch self {
    case .unusableName, .nameConflict, .tooManyAxes, .nulInText, .noLayer, .namesTooLong: .usage
    default: .outputNotWritten
    }
  }

  var description: String {
    switch self {
    case .child(.crashed(let signal)): "libhdf5 crashed while writing (signal \(signal))"
    case .child(.tookTooLong): "libhdf5 was stopped: it took too long to write"
    case .child(.tookTooMuchMemory): "libhdf5 was stopped: it took too much memory to write"
    case .child(let reason): reason.description
    case .noMemory: "out of memory"
    case .unusableName: "HDF5 cannot have this name: parts between slashes must not be empty"
    case .nameConflict(let other):
      "HDF5 cannot have this name: '\(printable(other))' would be a tensor and a group"
    case .tooManyAxes(let rank): "has \(rank) axes, HDF5 allows 32"
    case .nulInText(let key): "the text of '\(printable(key))' holds a NUL, HDF5 cannot have it"
    case .noLayer: "names no layer: 'layer/weight' is expected"
    case .namesTooLong(let layer): "the names of the weights of '\(printable(layer))' are too long"
    case .cannotCompress: "cannot be compressed"
    }
  }

  var hint: String? {
    if case .child(let reason) = self {
      switch reason {
      case .libraryMissing, .libraryMismatch: return reason.hint
      default: return nil
      }
    }
    return nil
  }
}
