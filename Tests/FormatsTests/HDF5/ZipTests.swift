import Tensors
import TestSupport
import Testing

@testable import Formats

@Suite struct ZipTests {
  private let folder = try! TemporaryFolder()
  private let text = Array("what lies in a member".utf8)

  private func open(_ bytes: [UInt8]) throws -> ZipArchive {
    try ZipArchive(InputFile(try folder.file("x.zip", bytes)))
  }

  private func message(_ fixture: ZipFixture) -> String {
    let failure = #expect(throws: Failure.self) {
      let archive = try open(fixture.bytes)
      for member in archive.members { _ = try archive.bytes(of: member, limit: 1 << 20) }
    }
    #expect(failure?.reason.outcome == .badInput && failure?.place.file != nil)
    return failure.map { "\($0)" } ?? ""
  }

  @Test func storedAndDeflatedMembers() throws {
    let empty: [UInt8] = []
    let members: [ZipFixture.Member] = [
      .init(name: "stored", bytes: text), .init(name: "deflated", bytes: text, isDeflated: true),
      .init(name: "empty", bytes: empty), .init(name: "nothing", bytes: empty, isDeflated: true),
      .init(name: "later", bytes: text, flags: 8), .init(name: "größe", bytes: text, isLong: true),
      .init(name: "large", bytes: [UInt8](repeating: 7, count: 200_000), isDeflated: true),
    ]
    for isLong in [false, true] {
      var fixture = ZipFixture(members)
      fixture.isLong = isLong
      fixture.comment = Array("PK\u{5}\u{6} a comment".utf8)
      let archive = try open(fixture.bytes)
      #expect(archive.members.map(\.name) == members.map(\.name))
      for (member, expected) in zip(archive.members, members) {
        #expect(try archive.bytes(of: member, limit: 1 << 20) == expected.bytes)
        let copy = try archive.copy(of: member)
        #expect(try copy.bytes(0..<copy.byteCount) == expected.bytes)
      }
    }
  }

  @Test func refusesWhatDisagrees() throws {
    let good = ZipFixture.Member(name: "a", bytes: text)
    func with(_ change: (inout ZipFixture.Member) -> Void) -> String {
      var member = good
      change(&member)
      return message(ZipFixture([member]))
    }
    #expect(with { $0.localName = "b" }.contains("differ in the name"))
    #expect(with { $0.localDeclared = 5 }.contains("differ in the size"))
    #expect(with { $0.declared = 5 }.contains("differ in the size"))
    #expect(with { $0.flags = 1 }.contains("'a' is encrypted"))
    #expect(with { $0.localFlags = 1 }.contains("differ in the encryption"))
    #expect(with { $0.method = 12 }.contains("compressed by method 12"))
    #expect(with { $0.checksum = 1 }.contains("checksum of 'a' is wrong"))
    #expect(with { $0.offset = 3 }.contains("expected the header of 'a'"))
    #expect(with { $0.offset = 1 << 30 }.contains("ends too early"))
    let twice = ZipFixture([good, good])
    #expect(message(twice).contains("two members are named 'a'"))
    var second = good
    second.name = "b"
    second.localName = "b"
    second.offset = 0
    #expect(message(ZipFixture([good, second])).contains("differ in the name"))
  }

  @Test func refusesBombs() throws {
    var bomb = ZipFixture.Member(name: "bomb", bytes: text, isDeflated: true, declared: 9 << 30)
    bomb.isLong = true
    #expect(message(ZipFixture([bomb])).contains("at most 1048576 are allowed"))
    let archive = try open(ZipFixture([bomb]).bytes)
    let failure = #expect(throws: Failure.self) { try archive.copy(of: archive.members[0]) }
    #expect(failure.map { "\($0)" }?.contains("refused as a decompression bomb") == true)
    let more = ZipFixture.Member(name: "more", bytes: text, isDeflated: true, declared: 5)
    #expect(message(ZipFixture([more])).contains("more than the 5 bytes expected"))
    let less = ZipFixture.Member(name: "less", bytes: text, isDeflated: true, declared: 50)
    #expect(message(ZipFixture([less])).contains("hold 21 bytes, expected are 50"))
    // Two members over the same bytes unfold them twice.
    let entry = ZipFixture.Member(name: "a", bytes: text)
    var bytes = ZipFixture([entry]).bytes
    let end = bytes.count - 22
    let directory = Array(bytes[(30 + 1 + text.count)..<end])
    var renamed = directory
    renamed[46] = UInt8(ascii: "b")
    bytes.replaceSubrange(end..., with: renamed + bytes[end...])
    let size = directory.count * 2
    bytes.replaceSubrange(
      (bytes.count - 14)..<(bytes.count - 8), with: [2, 0, 2, 0, UInt8(size), 0])
    #expect(throws: Failure.self) { try open(bytes) }
  }

  @Test func refusesEveryTruncation() throws {
    var fixture = ZipFixture([.init(name: "a", bytes: text), .init(name: "b", bytes: text)])
    fixture.isLong = true
    let whole = fixture.bytes
    for count in 0..<whole.count {
      #expect(throws: Failure.self, "\(count) bytes") { try open(Array(whole[..<count])) }
    }
    #expect(throws: Failure.self) { try open([0] + whole) }
    #expect(throws: Failure.self) { try open(whole + [0]) }
  }

  @Test func damagedArchivesAreReadOrRefused() throws {
    var generator = SeededGenerator(seed: 21)
    var fixture = ZipFixture([
      .init(name: "a", bytes: text), .init(name: "b", bytes: text, isDeflated: true, isLong: true),
    ])
    for round in 0..<600 {
      fixture.isLong = round % 2 == 0
      let bytes = mutated(fixture.bytes, using: &generator)
      do {
        let archive = try open(bytes)
        for member in archive.members { _ = try archive.bytes(of: member, limit: 1 << 20) }
      } catch {
        #expect(error is Failure, "seed 21, round \(round)")
      }
    }
  }
}
