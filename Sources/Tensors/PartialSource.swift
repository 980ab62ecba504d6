/// A range of another source.
package struct PartialSource: TensorSource {
  private let base: any TensorSource
  private let range: Range<Int>

  package init(_ base: any TensorSource, _ range: Range<Int>) {
    self.base = base
    self.range = range
  }

  package var byteCount: Int { range.count }
  package var pieceSize: Int {
    base.pieceSize >= base.byteCount && base.byteCount > Self.usualPieceSize
      ? max(1, byteCount) : base.pieceSize
  }

  package func withBytes<Result>(
    _ part: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let start = range.lowerBound + part.lowerBound
    return try base.withBytes(start..<(start + part.count), body)
  }
}
