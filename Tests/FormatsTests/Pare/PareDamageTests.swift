import Checkpoints
import Documents
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Formats

/// Damaged and hostile files are refused; none traps.
@Suite struct PareDamageTests {
  private let workshop = PareWorkshop()

  /// Reads all there is: each part, and the dense values.
  private func readAll(_ bytes: [UInt8]) throws {
    for tensor in try workshop.read(bytes).tensors {
      for part in tensor.heldStorage.tensors where part.byteCount < 1 << 24 {
        #expect(try part.allBytes().count == part.byteCount)
      }
      guard tensor.storage != nil, tensor.tensor.byteCount < 1 << 24 else { continue }
      #expect(try tensor.tensor.allBytes().count == tensor.tensor.byteCount)
    }
  }

  @Test func everyTruncationIsAnError() throws {
    let whole = try bytes(of: workshop.write(PareFixture.few.container))
    let header = 8 + whole[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let spread = stride(from: header, to: whole.count, by: max(1, (whole.count - header) / 500))
    for length in Array(0..<header) + Array(spread) {
      #expect(throws: Failure.self) { try workshop.read(Array(whole[..<length])) }
    }
  }

  /// 300, or as many as PARE_FUZZ says.
  @Test func mutationsNeverTrap() throws {
    let environment = ProcessInfo.processInfo.environment
    let rounds = Int(environment["PARE_FUZZ"] ?? "") ?? 300
    let seed = UInt64(environment["PARE_FUZZ_SEED"] ?? "") ?? 0xC0DE
    let whole = try bytes(of: workshop.write(PareFixture.few.container))
    var generator = SeededGenerator(seed: seed)
    var refused = 0
    for round in 0..<rounds {
      do {
        try readAll(mutated(whole, using: &generator))
      } catch {
        #expect(error is Failure, "round \(round) of seed \(seed): \(error)")
        refused += 1
      }
    }
    // Only the padding of the header may be damaged unseen.
    #expect(refused > rounds * 9 / 10)
  }

  /// Streams whose checksums are right, and nothing else.
  @Test func hostileStreamsNeverTrap() throws {
    let environment = ProcessInfo.processInfo.environment
    let rounds = Int(environment["PARE_FUZZ"] ?? "") ?? 300
    var generator = SeededGenerator(seed: 0xBAD)
    let whole = try bytes(of: workshop.write(PareFixture.few.container))
    let file = try PareAnatomy(whole)
    for round in 0..<rounds {
      do {
        try readAll(try file.mutatingStreams(using: &generator))
      } catch {
        #expect(error is Failure, "round \(round): \(error)")
      }
    }
  }

  /// Values of the manifest exchanged for telling ones, under a checksum that is right.
  @Test func hostileManifestsNeverTrap() throws {
    let whole = try bytes(of: workshop.write(PareFixture.few.container))
    let file = try PareAnatomy(whole)
    var generator = SeededGenerator(seed: 0xFACE)
    var refused = 0
    for round in 0..<600 {
      do {
        try readAll(try file.mutatingManifest(using: &generator))
      } catch {
        #expect(error is Failure, "round \(round): \(error)")
        refused += 1
      }
    }
    #expect(refused > 400)
  }

  /// An entry for a tensor of 64 bytes, and a part of what is said of it.
  @Test(arguments: [
    (#"["F32",[4,4],["nosuch","F32",[4,4],64]]"#, "the coder 'nosuch' is not known"),
    (#"["F32",[4,4],{"nosuch":{"codes":["raw","U8",[4,4],64]}}]"#, "the storage 'nosuch'"),
    (#"["F32",[4,4],["raw","F5",[4,4],64]]"#, "unknown element type 'F5'"),
    (#"["F32",[4,4],["raw","F32",[4,4],65]]"#, "its streams take 65 bytes, the tensor has 64"),
    (#"["F32",[4,4],["raw","F32",[4,4],63]]"#, "1 bytes follow its last stream"),
    (#"["F32",[4,4],["raw","F32",[4,4],-1]]"#, "'stream' should be"),
    (#"["F32",[4,5],["raw","F32",[4,4],64]]"#, "the values do not fit a matrix [4, 5]"),
    (#"["F16",[4,4],["raw","F32",[4,4],64]]"#, "'type' should be F32"),
    (#"["F32",[4,-4],["raw","F32",[4,4],64]]"#, "'shape' should be"),
    (#"["F32",[99999999,99999999,99999999],["raw","F32",[4,4],64]]"#, "'shape' should be"),
    (#"["F32",[0,999999999999999999],["raw","F32",[4,4],64]]"#, "'shape' should be"),
    (#"["F32",[99999999],["raw","F32",[99999999],64]]"#, "elements cannot come of 64 bytes"),
    (
      #"["I32",[4,4],{"row_step":{"codes":["raw","I8",[4,4],32],"steps":["raw","F32",[4],32]}}]"#,
      "holds I32"
    ),
    (
      #"["F32",[4,4],{"sparse":{"mask":["raw","U8",[4,4],64]}}]"#,
      "'mask' should be a stream of BOOL"
    ),
    (
      #"["F32",[4,4],{"sparse":{"mask":["raw","BOOL",[4,4],32],"shape":[4,4],"block":[0,1],"values":["raw","F32",[4],32]}}]"#,
      "'block' should be"
    ),
    (
      #"["F32",[4,4],{"sparse":{"mask":["raw","BOOL",[2,2],32],"shape":[4,4],"block":[1,4],"values":["raw","F32",[4],32]}}]"#,
      "a mask and its blocks do not fit a matrix [4, 4]"
    ),
    (
      #"["F32",[4,4],{"uniform":{"bits":0,"per":["tensor"],"codes":["raw","I8",[4,4],32],"scales":["raw","F32",[1],32]}}]"#,
      "'bits' should be"
    ),
    (
      #"["F32",[4,4],{"uniform":{"bits":4,"per":["group",0],"codes":["raw","I8",[4,4],32],"scales":["raw","F32",[1],32]}}]"#,
      "'per' should be"
    ),
    (
      #"["F32",[4,4],{"sum":{"left":{"sum":{"left":1,"right":2}},"right":["raw","F32",[4,4],32]}}]"#,
      "sum storage cannot hold sum storage"
    ),
    (
      #"["F32",[4,4],{"factorized":{"left":["raw","F32",[3],32],"right":["raw","F32",[4],32]}}]"#,
      "factors do not fit a matrix [4, 4]"
    ),
    (#""other""#, "is said to share the values of another tensor, but the file holds it"),
    ("5000000000", "'checksum' should be of 32 bits"), ("null", "'entry' should be"),
    (#"["F32",[4,4]]"#, "'entry' should be"), (#"["F32",[4,4],{}]"#, "'storage' should be"),
  ])
  func refusedEntries(_ entry: String, _ message: String) throws {
    let file = PareAnatomy(manifest: "{\"a\":\(entry)}", tensor: "a", byteCount: 64)
    let failure = #expect(throws: Failure.self) { try workshop.read(file.bytes) }
    #expect(failure?.description.contains(message) == true, "\(failure?.description ?? "")")
    #expect(failure?.place.file != nil && failure?.place.tensor == "a")
  }

  @Test func refusedManifests() throws {
    func refuses(_ file: PareAnatomy, _ message: String) throws {
      let failure = #expect(throws: Failure.self) { try workshop.read(file.bytes) }
      #expect(failure?.description.contains(message) == true, "\(failure?.description ?? "")")
    }
    var file = PareAnatomy(manifest: #"{"a":0}"#, tensor: "a", byteCount: 64)
    file.version = "2"
    try refuses(file, "is of version '2' of the format pare, only version 1 is known")
    file.version = "1"
    file.checksum = "00000000"
    try refuses(file, "its checksum is another")
    try refuses(
      PareAnatomy(manifest: #"{"b":0}"#, tensor: "a", byteCount: 64), "the file does not hold it")
    try refuses(
      PareAnatomy(manifest: #"{"a":0,"b":"c"}"#, tensor: "a", byteCount: 64),
      "shares the values of 'c', which is not stored")
    try refuses(
      PareAnatomy(manifest: #"{"a":0,"b":"b"}"#, tensor: "a", byteCount: 64),
      "shares the values of 'b', which is not stored")
    try refuses(PareAnatomy(manifest: "[]", tensor: "a", byteCount: 64), "should be an object")
    try refuses(PareAnatomy(manifest: "{", tensor: "a", byteCount: 64), "not valid JSON")
  }

  /// A tensor that another program has put beside the others is taken as it stands, and said.
  @Test func addedTensorsAreSaid() throws {
    let file = PareAnatomy(manifest: "{}", tensor: "a", byteCount: 64)
    let container = try workshop.read(file.bytes)
    #expect(container.tensors.map(\.name) == ["a"])
    #expect(container.diagnostics.map(\.tensor) == ["a"])
  }
}
