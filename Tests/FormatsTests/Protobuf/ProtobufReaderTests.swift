import Tensors
import TestSupport
import Testing

@testable import Formats

/// Bytes by hand after the description of the encoding at protobuf.dev.
@Suite struct ProtobufReaderTests {
  private func fields<Result>(
    _ bytes: [UInt8], _ body: (inout ProtobufReader) throws -> Result
  ) throws -> Result {
    try bytes.withUnsafeBytes {
      var reader = ProtobufReader($0, at: 100)
      return try body(&reader)
    }
  }

  @Test func everyKindOfField() throws {
    let bytes: [UInt8] =
      [0x08, 0x96, 0x01] + [0x12, 0x07] + [UInt8]("testing".utf8) + [0x1D, 1, 2, 3, 4]
      + [0x21, 8, 7, 6, 5, 4, 3, 2, 1] + [0x2A, 0x03, 0x08, 0x96, 0x01]
      + [0x30] + [UInt8](repeating: 0xFF, count: 9) + [0x01]
      + [0x3A, 0x06, 0x03, 0x8E, 0x02, 0x9E, 0xA7, 0x05]
    try fields(bytes) { reader in
      #expect(try reader.next()?.integer() == 150)
      let text = try #require(try reader.next())
      #expect(try text.text() == "testing" && text.number == 2 && text.offset == 103)
      #expect(try text.range() == 105..<112)
      #expect(try reader.next()?.fixed32() == 0x0403_0201)
      #expect(try reader.next()?.fixed64() == 0x0102_0304_0506_0708)
      var message = try #require(try reader.next()).message()
      let inner = try #require(try message.next())
      #expect(try inner.integer() == 150 && inner.offset == 128)
      #expect(try message.next()?.number == nil && message.isAtEnd)
      #expect(try reader.next()?.integer() == -1)
      #expect(try reader.next()?.integers() == [3, 270, 86942])
      #expect(try reader.next()?.number == nil)
    }
  }

  @Test func numbersOutOfAPackAreTakenTheSame() throws {
    let numbers = try fields([0x38, 0x05]) { try $0.next()?.integers() }
    #expect(numbers == [5])
  }

  @Test(arguments: [
    [0x08], [0x08, 0x80], [0x80], [0x12, 0x02, 0x61], [0x1D, 1, 2, 3], [0x21, 1], [0x0B], [0x0E],
    [0x00, 0x00], [0x08] + [UInt8](repeating: 0x80, count: 10) + [0],
    [0x08] + [UInt8](repeating: 0xFF, count: 9) + [0x02],
    [0x12] + [UInt8](repeating: 0xFF, count: 9) + [0x01],
    [UInt8](repeating: 0xF8, count: 5) + [0x7F],
  ])
  func damageIsAnError(_ bytes: [UInt8]) throws {
    let failure = #expect(throws: Failure.self) { try fields(bytes) { _ = try $0.next() } }
    #expect(failure?.reason is ProtobufReason && failure?.place.offset ?? 0 >= 100)
  }

  @Test func whatIsAskedForMustBeThere() throws {
    try fields([0x08, 0x01, 0x12, 0x01, 0xFF]) { reader in
      let number = try #require(try reader.next())
      #expect(throws: Failure.self) { try number.bytes() }
      #expect(throws: Failure.self) { try number.fixed32() }
      #expect(throws: Failure.self) { try number.fixed64() }
      let bytes = try #require(try reader.next())
      #expect(throws: Failure.self) { try bytes.integer() }
      #expect(throws: Failure.self) { try bytes.text() }
      #expect(throws: Failure.self) { try bytes.integers() }
    }
  }

  @Test func depthIsLimited() throws {
    var bytes: [UInt8] = []
    for _ in 0..<100 {
      var length: [UInt8] = []
      var count = bytes.count
      while count >= 0x80 {
        length.append(UInt8(count & 0x7F | 0x80))
        count >>= 7
      }
      bytes = [0x0A] + length + [UInt8(count)] + bytes
    }
    try fields(bytes) { reader in
      var (deepest, depth) = (reader, 0)
      let failure = #expect(throws: Failure.self) {
        while let field = try deepest.next() {
          deepest = try field.message()
          depth += 1
        }
      }
      #expect(depth == ProtobufReader.depthLimit && failure?.reason is ProtobufReason)
    }
  }
}
