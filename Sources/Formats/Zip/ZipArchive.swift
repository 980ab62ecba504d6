import Tensors

/// A ZIP archive by its central directory, which is the authority; each member's own header must
/// agree with it.
///
/// Layout: APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3 (ZIP64). Archives of one part only.
struct ZipArchive: Sendable {
  let file: InputFile
  /// In the order of the central directory.
  let members: [ZipMember]

  subscript(name: String) -> ZipMember? { members.first { $0.name == name } }

  /// - Throws: ``Failure`` with the byte at which the archive breaks the format's law.
  init(_ file: InputFile) throws {
    self.file = file
    do {
      let directory = try ZipDirectory(in: file)
      members = try directory.members(of: file)
      try Self.check(members, directoryStart: directory.range.lowerBound)
    } catch let failure as Failure {
      throw failure.within(Place(file: file.path))
    }
  }

  /// With which an archive begins that has members.
  static let signature: [UInt8] = [0x50, 0x4B, 0x03, 0x04]

  /// The name of the first member, by the first bytes of a file; nil if that is no archive.
  static func firstName(in prefix: [UInt8]) -> String? {
    guard prefix.starts(with: signature), prefix.count > 30 else { return nil }
    let count = Int(prefix[26]) | Int(prefix[27]) << 8
    return String(validating: prefix[30...].prefix(count), as: UTF8.self)
  }

  /// Members have different names and do not overlap, or a small archive could unfold without end.
  private static func check(_ members: [ZipMember], directoryStart: Int) throws {
    var names: Set<String> = []
    for member in members where !names.insert(member.name).inserted {
      throw Failure(ZipReason.duplicateName(member.name), at: Place(offset: member.headerOffset))
    }
    var end = 0
    for member in members.sorted(by: { $0.headerOffset < $1.headerOffset }) {
      guard member.headerOffset >= end, member.range.upperBound <= directoryStart else {
        throw Failure(ZipReason.overlap(member.name), at: Place(offset: member.headerOffset))
      }
      end = member.range.upperBound
    }
  }
}

/// One file of an archive.
struct ZipMember: Sendable {
  var name: String
  var method: Method
  var checksum: UInt32
  /// When it is unpacked.
  var byteCount: Int
  var headerOffset: Int
  /// Where the stored or deflated bytes lie in the archive.
  var range: Range<Int>

  enum Method: Sendable, Equatable {
    case stored
    case deflated
    case other(UInt16)
  }
}

/// What can be wrong with an archive.
enum ZipReason: Reason {
  case noDirectory
  case severalParts
  case wrongSignature(String)
  case wrongDirectory(String)
  case mismatch(String, field: String)
  case encrypted(String)
  case duplicateName(String)
  case overlap(String)
  case nameNotText
  case method(String, UInt16)
  case bomb(String, declared: Int, stored: Int)
  case tooLarge(String, Int, limit: Int)
  case checksum(String)
  case missing(String)

  var description: String {
    switch self {
    case .noDirectory: "is not a ZIP archive, or it is cut off: it has no central directory"
    case .severalParts: "is a ZIP archive in several parts"
    case .wrongSignature(let what): "expected \(what) of a ZIP archive"
    case .wrongDirectory(let what): "the central directory is damaged: \(what)"
    case .mismatch(let name, let field):
      "the header of '\(printable(name))' and the central directory differ in the \(field)"
    case .encrypted(let name): "'\(printable(name))' is encrypted"
    case .duplicateName(let name): "two members are named '\(printable(name))'"
    case .overlap(let name): "the member '\(printable(name))' overlaps another"
    case .nameNotText: "the name of a member is not UTF-8"
    case .method(let name, let method):
      "'\(printable(name))' is compressed by method \(method), only deflate is known"
    case .bomb(let name, let declared, let stored):
      "'\(printable(name))' declares \(declared) bytes and stores \(stored): refused as a decompression bomb"
    case .tooLarge(let name, let count, let limit):
      "'\(printable(name))' has \(count) bytes, at most \(limit) are allowed"
    case .checksum(let name): "the checksum of '\(printable(name))' is wrong: it is damaged"
    case .missing(let name): "the archive lacks '\(printable(name))'"
    }
  }
}
