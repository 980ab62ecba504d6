import CZlib
import Checkpoints
import Tensors

extension ZipArchive {
  /// Unpacking more than this is done only for members that are not far smaller when packed.
  private static let trustedByteCount = 4 << 30
  private static let highestRatio = 100

  /// All bytes of a small member.
  ///
  /// - Throws: ``Failure`` if it is larger than the limit, or damaged.
  func bytes(of member: ZipMember, limit: Int) throws -> [UInt8] {
    guard member.byteCount <= limit else {
      throw Failure(
        ZipReason.tooLarge(member.name, member.byteCount, limit: limit), at: Place(file: file.path))
    }
    var bytes: [UInt8] = []
    try unpack(member) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// The first bytes of a member, as many as there are; no more of it is read than they need.
  func prefix(of member: ZipMember, _ count: Int) throws -> [UInt8] {
    let count = min(count, member.byteCount)
    switch member.method {
    case .stored:
      return try file.bytes(member.range.lowerBound..<(member.range.lowerBound + count))
    case .other(let method):
      throw Failure(
        ZipReason.method(member.name, method),
        at: Place(file: file.path, offset: member.headerOffset))
    case .deflated: break
    }
    try check(member)
    guard count > 0 else { return [] }
    var bytes: [UInt8] = []
    // What does not shrink takes little more than its own size.
    let deflated = member.range.prefix(2 * count + 1024)
    do {
      try file.withBytes(deflated) { deflated in
        try withScratch(count) { buffer in
          try Inflation.inflate(
            deflated, byteCount: member.byteCount, window: Inflation.rawWindow, through: buffer
          ) {
            bytes = Array($0)
            throw PrefixIsThere()
          }
        }
      }
    } catch is PrefixIsThere {
    } catch let failure as Failure {
      throw failure.within(Place(file: file.path, offset: member.headerOffset))
    }
    return bytes
  }

  /// Ends the unpacking of a member when enough of it is there.
  private struct PrefixIsThere: Error {}

  /// Holds all members against their checksums.
  func damage() -> [Diagnostic] {
    members.compactMap { member in
      do {
        try unpack(member) { _ in }
        return nil
      } catch {
        return Diagnostic(.error, .checksum, "\(error)")
      }
    }
  }

  /// The same of every archive among a container's files.
  static func damage(in container: Container) throws -> [Diagnostic] {
    try container.files.flatMap { path -> [Diagnostic] in
      let file = try InputFile(path)
      let prefix = try file.bytes(0..<min(4, file.byteCount))
      return prefix == signature ? try ZipArchive(file).damage() : []
    }
  }

  /// A copy of a member as a file of its own, which lives in memory.
  func copy(of member: ZipMember) throws -> InputFile {
    let copy = try OutputFile.inMemory(reportedAs: file.path)
    var offset = 0
    try unpack(member) { piece in
      try copy.write(piece, at: offset)
      offset += piece.count
    }
    return try copy.reopened()
  }

  /// Hands over the bytes of a member, piece by piece, and holds them against its checksum.
  func unpack(
    _ member: ZipMember, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var checksum: UInt = 0
    func take(_ piece: UnsafeRawBufferPointer) throws {
      checksum = crc32_z(checksum, piece.bindMemory(to: UInt8.self).baseAddress, piece.count)
      try body(piece)
    }
    do {
      try check(member)
      switch member.method {
      case .stored: try copyPieces(of: member.range, take)
      case .deflated: try inflate(member, take)
      case .other(let method): throw Failure(ZipReason.method(member.name, method))
      }
      guard checksum == UInt(member.checksum) else {
        throw Failure(ZipReason.checksum(member.name))
      }
    } catch let failure as Failure {
      throw failure.within(Place(file: file.path, offset: member.headerOffset))
    }
  }

  func check(_ member: ZipMember) throws {
    let (declared, stored) = (member.byteCount, member.range.count)
    guard declared <= Self.trustedByteCount || declared / Self.highestRatio <= stored,
      Inflation.isPossible(declared, from: stored)
    else { throw Failure(ZipReason.bomb(member.name, declared: declared, stored: stored)) }
  }

  private static let pieceSize = 1 << 20

  private func copyPieces(
    of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.pieceSize) {
      try file.withBytes(start..<min(start + Self.pieceSize, range.upperBound), body)
    }
  }

  private func inflate(
    _ member: ZipMember, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try file.withBytes(member.range) { deflated in
      try withScratch(Self.pieceSize) { buffer in
        try Inflation.inflate(
          deflated, byteCount: member.byteCount, window: Inflation.rawWindow, through: buffer, body)
      }
    }
  }
}
