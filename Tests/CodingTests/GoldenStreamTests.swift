import Coding
import Foundation
import Tensors
import TestSupport
import Testing

/// Streams by another encoder, written in Python after the specification alone.
@Suite struct GoldenStreamTests {
  @Test(arguments: [
    ("codes-I8", StreamKind.codes, ElementType.i8), ("codes-I32", .codes, .i32),
    ("mask-BOOL", .mask, .bool), ("mask-patterns-BOOL", .mask, .bool),
    ("floats-F32", .floats, .f32),
  ])
  func streamsByAnotherEncoderDecode(_ name: String, _ kind: StreamKind, _ type: ElementType) throws
  {
    let path = Places.sample("streams/\(name)")
    let elements = try bytes(of: "\(path).elements")
    var chunks: [[UInt8]] = []
    while FileManager.default.fileExists(atPath: "\(path).\(chunks.count)") {
      chunks.append(try bytes(of: "\(path).\(chunks.count)"))
    }
    let stream = CodedStream(
      kind, type, elementCount: elements.count / type.byteWidth!,
      table: try bytes(of: "\(path).table"), chunks: chunks)
    #expect(chunks.count > 1)
    #expect(try stream.decoded() == elements)
    #expect(try stream.decoded(.baseline) == elements)
  }
}
