import Tensors

/// A small tensor that stands in the file as it is, held against a checksum whenever it is read.
struct CheckedSource: TensorSource {
  private let file: InputFile
  private let range: Range<Int>
  private let expected: UInt32
  private let name: String

  init(_ source: FileSource, checksum: UInt32, name: String) {
    file = source.file
    range = source.range
    expected = checksum
    self.name = name
  }

  var byteCount: Int { range.count }
  var pieceSize: Int { max(1, range.count) }

  func withBytes<Result>(
    _ part: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try file.withBytes(range) { bytes in
      let found = checksum(bytes)
      guard found == expected else {
        throw Failure(
          PareReason.checksum(of: "the tensor", expected, found: found),
          at: Place(file: file.path, offset: range.lowerBound, tensor: name))
      }
      return try body(UnsafeRawBufferPointer(rebasing: bytes[part]))
    }
  }
}
