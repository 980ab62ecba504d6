import Tensors

/// A range of what a deflated member of an archive unfolds to; all of it is unpacked whenever bytes are asked for.
struct DeflatedSource: TensorSource {
  let archive: ZipArchive
  let member: ZipMember
  let range: Range<Int>

  var byteCount: Int { range.count }
  var pieceSize: Int { max(1, byteCount) }

  func withBytes<Result>(
    _ part: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try withScratch(member.byteCount) { scratch in
      var done = 0
      try archive.unpack(member) { piece in
        UnsafeMutableRawBufferPointer(rebasing: scratch[done..<(done + piece.count)]).copyMemory(
          from: piece)
        done += piece.count
      }
      let start = range.lowerBound + part.lowerBound
      return try body(UnsafeRawBufferPointer(rebasing: scratch[start..<(start + part.count)]))
    }
  }
}

extension ZipArchive {
  /// A range of a member, read where it lies if it is stored, or else unpacked whenever it is asked for.
  ///
  /// - Throws: ``Failure`` if the range does not lie within the member, or it is packed in a way that is not known.
  func source(of member: ZipMember, _ range: Range<Int>) throws -> any TensorSource {
    guard range.lowerBound >= 0, range.upperBound <= member.byteCount else {
      throw Failure(
        InputReason.truncated(needed: range.upperBound, found: member.byteCount),
        at: Place(file: file.path, offset: member.headerOffset))
    }
    switch member.method {
    case .stored:
      let start = member.range.lowerBound
      return try FileSource(file, (start + range.lowerBound)..<(start + range.upperBound))
    case .deflated:
      try check(member)
      return DeflatedSource(archive: self, member: member, range: range)
    case .other(let method):
      throw Failure(
        ZipReason.method(member.name, method),
        at: Place(file: file.path, offset: member.headerOffset))
    }
  }
}
