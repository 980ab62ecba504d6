import Tensors

/// The central directory of an archive: where it lies, and what it says of each member.
struct ZipDirectory {
  let range: Range<Int>
  private let count: Int

  private static let endSize = 22
  private static let locatorSize = 20
  private static let headerSize = 46
  private static let localSize = 30
  private static let longestComment = 0xFFFF
  private static let deferred16: UInt16 = .max
  private static let deferred32: UInt32 = .max

  /// Finds the directory from the end of the file.
  init(in file: InputFile) throws {
    let end = try Self.endOffset(in: file)
    var fields = ZipFields(try file.bytes(end..<(end + Self.endSize)), at: end)
    try fields.skip(4)
    let (disk, directoryDisk) = (try fields.number16(), try fields.number16())
    let (here, all) = (try fields.number16(), try fields.number16())
    let (size, offset) = (try fields.number32(), try fields.number32())
    var (count, start, byteCount, limit) = (Int(all), Int(offset), Int(size), end)
    let isDeferred =
      all == Self.deferred16 || size == Self.deferred32 || offset == Self.deferred32
    if let long = try Self.longEnd(in: file, before: end) {
      // PyTorch writes the larger record always.
      guard isDeferred || (long.count, long.start, long.byteCount) == (count, start, byteCount)
      else {
        throw Failure(
          ZipReason.wrongDirectory("its two ends disagree"), at: Place(offset: end))
      }
      (count, start, byteCount, limit) = long
    } else if disk != 0 || directoryDisk != 0 || here != all {
      throw Failure(ZipReason.severalParts, at: Place(offset: end))
    }
    let (directoryEnd, overflow) = start.addingReportingOverflow(byteCount)
    guard !overflow, directoryEnd == limit else {
      throw Failure(
        ZipReason.wrongDirectory("it does not end at \(limit), where it should"),
        at: Place(offset: end))
    }
    guard count <= byteCount / Self.headerSize else {
      throw Failure(
        ZipReason.wrongDirectory("\(byteCount) bytes cannot hold \(count) members"),
        at: Place(offset: end))
    }
    range = start..<directoryEnd
    self.count = count
  }

  /// The record at the end, before a comment that reaches exactly to the end of the file.
  private static func endOffset(in file: InputFile) throws -> Int {
    let first = max(0, file.byteCount - endSize - longestComment)
    let tail = try file.bytes(first..<file.byteCount)
    for place in stride(from: tail.count - endSize, through: 0, by: -1)
    where tail[place...].starts(with: [0x50, 0x4B, 0x05, 0x06]) {
      let comment = Int(tail[place + 20]) | Int(tail[place + 21]) << 8
      if place + endSize + comment == tail.count { return first + place }
    }
    throw Failure(ZipReason.noDirectory)
  }

  /// The larger record of ZIP64 and where it begins; nil if there is none.
  private static func longEnd(
    in file: InputFile, before end: Int
  ) throws -> (count: Int, start: Int, byteCount: Int, limit: Int)? {
    let place = end - locatorSize
    guard place >= 0, try file.bytes(place..<(place + 4)) == [0x50, 0x4B, 0x06, 0x07] else {
      return nil
    }
    var locator = ZipFields(try file.bytes(place..<end), at: place)
    try locator.skip(8)
    let start = try locator.integer64()
    guard start <= place - 56 else { throw locator.damaged("it begins behind its own end") }
    var fields = ZipFields(try file.bytes(start..<place), at: start)
    try fields.expect([0x50, 0x4B, 0x06, 0x06], "the end record")
    try fields.skip(8 + 4)
    let (disk, directoryDisk) = (try fields.number32(), try fields.number32())
    let (here, all) = (try fields.integer64(), try fields.integer64())
    guard disk == 0, directoryDisk == 0, here == all else { throw Failure(ZipReason.severalParts) }
    let byteCount = try fields.integer64()
    return (all, try fields.integer64(), byteCount, start)
  }

  func members(of file: InputFile) throws -> [ZipMember] {
    var fields = ZipFields(try file.bytes(range), at: range.lowerBound)
    var members: [ZipMember] = []
    for _ in 0..<count { members.append(try Self.member(&fields, in: file)) }
    guard fields.rest == 0 else { throw fields.damaged("\(fields.rest) bytes too many") }
    return members
  }

  private static func member(_ fields: inout ZipFields, in file: InputFile) throws -> ZipMember {
    let start = fields.offset
    try fields.expect([0x50, 0x4B, 0x01, 0x02], "an entry of the central directory")
    try fields.skip(2)
    var entry = try ZipEntry(&fields)
    let (nameCount, extraCount) = (Int(try fields.number16()), Int(try fields.number16()))
    let commentCount = Int(try fields.number16())
    let disk = try fields.number16()
    try fields.skip(6)
    let offset = try fields.number32()
    let name = try fields.bytes(nameCount)
    var extra = ZipFields(try fields.bytes(extraCount), at: fields.offset - extraCount)
    try fields.skip(commentCount)
    let headerOffset = try entry.takeLongFields(&extra, offset: offset)
    guard disk == 0 || disk == deferred16 else {
      throw Failure(ZipReason.severalParts, at: Place(offset: start))
    }
    guard let text = String(validating: name, as: UTF8.self) else {
      throw Failure(ZipReason.nameNotText, at: Place(offset: start))
    }
    guard entry.flags & ZipEntry.isEncrypted == 0 else {
      throw Failure(ZipReason.encrypted(text), at: Place(offset: start))
    }
    let dataStart = try dataStart(of: entry, named: name, text, at: headerOffset, in: file)
    let (end, overflow) = dataStart.addingReportingOverflow(entry.storedByteCount)
    guard !overflow else { throw fields.damaged("a huge member") }
    try file.check(dataStart..<end)
    let method = entry.method
    guard method != .stored || entry.storedByteCount == entry.byteCount else {
      throw Failure(ZipReason.mismatch(text, field: "size"), at: Place(offset: start))
    }
    return ZipMember(
      name: text, method: method, checksum: entry.checksum, byteCount: entry.byteCount,
      headerOffset: headerOffset, range: dataStart..<end)
  }

  /// Where a member's bytes begin, once its own header has been held against its entry.
  private static func dataStart(
    of entry: ZipEntry, named name: [UInt8], _ text: String, at offset: Int, in file: InputFile
  ) throws -> Int {
    let (end, overflow) = offset.addingReportingOverflow(localSize)
    guard !overflow else { throw Failure(ZipReason.wrongDirectory("a huge offset")) }
    var fields = ZipFields(try file.bytes(offset..<end), at: offset)
    try fields.expect([0x50, 0x4B, 0x03, 0x04], "the header of '\(printable(text))'")
    var local = try ZipEntry(&fields)
    let (nameCount, extraCount) = (Int(try fields.number16()), Int(try fields.number16()))
    let start = end + nameCount + extraCount
    var rest = ZipFields(try file.bytes(end..<start), at: end)
    let localName = try rest.bytes(nameCount)
    _ = try local.takeLongFields(&rest, offset: 0)
    func check(_ isEqual: Bool, _ field: String) throws {
      guard isEqual else {
        throw Failure(ZipReason.mismatch(text, field: field), at: Place(offset: offset))
      }
    }
    try check(localName == name, "name")
    try check(local.method == entry.method, "method")
    try check(local.flags & ZipEntry.isEncrypted == 0, "encryption")
    // A writer that could not go back left the numbers out and wrote them behind the data.
    if local.flags & ZipEntry.hasDescriptor == 0 {
      try check(local.checksum == entry.checksum, "checksum")
      try check(
        local.byteCount == entry.byteCount && local.storedByteCount == entry.storedByteCount, "size"
      )
    }
    return start
  }
}

/// The fields that a member's header and its entry in the directory have in common.
private struct ZipEntry {
  let flags: UInt16
  let method: ZipMember.Method
  let checksum: UInt32
  var storedByteCount: Int
  var byteCount: Int

  static let isEncrypted: UInt16 = 1
  static let hasDescriptor: UInt16 = 8
  private static let deferred = Int(UInt32.max)

  /// Reads from the version needed on.
  init(_ fields: inout ZipFields) throws {
    try fields.skip(2)
    flags = try fields.number16()
    let method = try fields.number16()
    self.method = method == 0 ? .stored : method == 8 ? .deflated : .other(method)
    try fields.skip(4)
    checksum = try fields.number32()
    storedByteCount = Int(try fields.number32())
    byteCount = Int(try fields.number32())
  }

  /// Puts the ZIP64 numbers in the place of those that do not fit 32 bits, and returns the offset.
  mutating func takeLongFields(_ extra: inout ZipFields, offset: UInt32) throws -> Int {
    var long: ZipFields?
    while extra.rest >= 4 {
      let (kind, count) = (try extra.number16(), Int(try extra.number16()))
      let body = ZipFields(try extra.bytes(count), at: extra.offset - count)
      if kind == 1 { long = long ?? body }
    }
    guard var long else { return Int(offset) }
    if byteCount == Self.deferred { byteCount = try long.integer64() }
    if storedByteCount == Self.deferred { storedByteCount = try long.integer64() }
    return Int(offset) == Self.deferred ? try long.integer64() : Int(offset)
  }
}
