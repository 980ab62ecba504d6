import Checkpoints
import Coding
import Tensors

/// The streams of one tensor, coded and put one after another.
///
/// A stream is `head size u32 | CRC-32 of the head u32 | head | chunks`, its head `table size u32 | table |
/// (size u32, CRC-32 u32) for each chunk`; all numbers are little-endian. Raw streams have an empty table and
/// chunks of ``rawChunk`` bytes.
struct CodedStreams {
  private(set) var bytes: [UInt8] = []
  private(set) var streams: [StoredStream] = []

  /// The bytes of a chunk of elements that stand as they are.
  static let rawChunk = 1 << 18
  /// Below this a table costs more than it saves, in bytes.
  private static let leastCoded = 32

  init(_ storage: Storage) throws { try append(storage) }

  private mutating func append(_ storage: Storage) throws {
    switch storage {
    case .dense(let tensor): try append(tensor, as: StreamCoder(dense: tensor.elementType))
    case .sparse(let mask, let values):
      try append(mask.kept, as: .mask)
      try append(values)
    case .quantized(let codes, let scheme):
      try append(codes, as: StreamCoder(dense: codes.elementType))
      for tensor in scheme.tensors {
        try append(tensor, as: StreamCoder(dense: tensor.elementType))
      }
    case .factorized(let left, let right), .sum(let left, let right):
      try append(left)
      try append(right)
    case .shared(let role): throw Failure(StorageReason.unresolved(role))
    }
  }

  /// Codes a tensor, or takes it as it is where that is shorter.
  ///
  /// A source that gives nothing less than the whole is asked for it once.
  private mutating func append(_ tensor: Tensor, as coder: StreamCoder) throws {
    guard tensor.source.pieceSize >= tensor.byteCount else {
      return try append(tensor.source, tensor, as: coder)
    }
    try tensor.withBytes { try append(LentSource($0), tensor, as: coder) }
  }

  private mutating func append(
    _ source: any TensorSource, _ tensor: Tensor, as coder: StreamCoder
  ) throws {
    let start = bytes.count
    var used = coder
    if let kind = coder.kind, tensor.byteCount >= Self.leastCoded {
      try appendCoded(source, tensor, kind)
      if bytes.count - start >= Self.rawSize(tensor.byteCount) {
        bytes.removeSubrange(start...)
        used = .raw
      }
    } else {
      used = .raw
    }
    if used == .raw { try appendRaw(source) }
    streams.append(
      StoredStream(
        coder: used, type: tensor.elementType, shape: tensor.shape,
        byteCount: bytes.count - start))
  }

  private mutating func appendCoded(
    _ source: any TensorSource, _ tensor: Tensor, _ kind: StreamKind
  ) throws {
    let rows = tensor.shape.rank > 1 ? tensor.shape[0] : 0
    let encoder = try kind.encoder(
      of: source, tensor.elementType, rowLength: rows > 0 ? tensor.elementCount / rows : nil)
    var chunks: [[UInt8]] = []
    try eachChunk(of: source, encoder.layout, width: tensor.elementType.byteWidth ?? 1) {
      chunks.append(try encoder.encode($1, chunk: $0))
    }
    append(table: encoder.table, chunks)
  }

  private mutating func appendRaw(_ source: any TensorSource) throws {
    var chunks: [[UInt8]] = []
    for start in stride(from: 0, to: source.byteCount, by: Self.rawChunk) {
      let range = start..<min(start + Self.rawChunk, source.byteCount)
      try source.withBytes(range) { chunks.append([UInt8]($0)) }
    }
    append(table: [], chunks)
  }

  private static func rawSize(_ byteCount: Int) -> Int {
    12 + (byteCount + rawChunk - 1) / rawChunk * 8 + byteCount
  }

  private mutating func append(table: [UInt8], _ chunks: [[UInt8]]) {
    var head: [UInt8] = []
    head.append(word: table.count)
    head += table
    for chunk in chunks {
      head.append(word: chunk.count)
      head.append(word: Int(checksum(chunk)))
    }
    bytes.append(word: head.count)
    bytes.append(word: Int(checksum(head)))
    bytes += head
    for chunk in chunks { bytes += chunk }
  }
}

extension StreamCoder {
  /// The coder of elements of a type; booleans that are no mask may be any bytes.
  init(dense type: ElementType) {
    switch StreamKind(type) {
    case .codes: self = .codes
    case .floats: self = .floats
    case .mask, .bytes: self = .bytes
    }
  }
}

extension [UInt8] {
  /// Appends 32 bits, the lowest byte first.
  fileprivate mutating func append(word: Int) {
    for shift in stride(from: 0, to: 32, by: 8) {
      append(UInt8(truncatingIfNeeded: word >> shift))
    }
  }
}

/// Bytes that are lent for as long as the source is used.
private struct LentSource: TensorSource, @unchecked Sendable {
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var byteCount: Int { bytes.count }
  var pieceSize: Int { max(1, bytes.count) }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
  }
}
