/// A tensor: a description now and bytes later.
///
/// Its bytes are row-major and little-endian, and are read from the source only when asked for.
public struct Tensor: Sendable {
  public let elementType: ElementType
  public let shape: Shape
  public let source: any TensorSource

  /// - Precondition: the source has exactly the bytes that the type and the shape need.
  public init(_ elementType: ElementType, _ shape: Shape, source: any TensorSource) {
    precondition(shape.byteCount(of: elementType) == source.byteCount)
    self.elementType = elementType
    self.shape = shape
    self.source = source
  }

  public var byteCount: Int { source.byteCount }
  public var elementCount: Int { shape.elementCount }

  /// Lends all bytes of the tensor.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result
  {
    try source.withBytes(0..<byteCount, body)
  }

  /// The same bytes under another shape of as many elements.
  public func reshaped(_ shape: Shape) -> Tensor {
    Tensor(elementType, shape, source: source)
  }
}

/// Where a tensor's bytes come from: a mapped file, a compressed dataset, a computation.
public protocol TensorSource: Sendable {
  /// The number of bytes of the whole tensor.
  var byteCount: Int { get }

  /// How much is best asked for at a time by whoever goes through all bytes from the first: as little
  /// as costs nothing extra, in bytes, and more than none. It is the whole where no part can be
  /// produced alone, as of compressed data.
  var pieceSize: Int { get }

  /// Lends a range of the bytes for the duration of a call; they need not be aligned.
  ///
  /// - Throws: ``Failure`` if the bytes cannot be read or are damaged.
  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result
}

extension TensorSource {
  /// The ranges in which all bytes are best asked for.
  package var pieces: [Range<Int>] {
    stride(from: 0, to: byteCount, by: pieceSize).map { $0..<Swift.min($0 + pieceSize, byteCount) }
  }

  /// The size of a piece of a file: long enough to be worth a call, short enough for many threads.
  package static var usualPieceSize: Int { 1 << 20 }
}

/// Bytes that are held in memory.
public struct MemorySource: TensorSource {
  public let bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public var byteCount: Int { bytes.count }
  public var pieceSize: Int { Self.usualPieceSize }

  public func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}

/// A range of a file.
public struct FileSource: TensorSource {
  package let file: InputFile
  package let range: Range<Int>

  /// - Throws: ``Failure`` if the range does not lie within the file.
  package init(_ file: InputFile, _ range: Range<Int>) throws {
    try file.check(range)
    self.file = file
    self.range = range
  }

  public var byteCount: Int { range.count }
  public var pieceSize: Int { Self.usualPieceSize }

  public func withBytes<Result>(
    _ part: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let start = range.lowerBound + part.lowerBound
    return try file.withBytes(start..<(start + part.count), body)
  }
}
