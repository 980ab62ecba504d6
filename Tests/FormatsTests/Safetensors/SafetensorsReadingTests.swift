import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

/// A safetensors file from the text of its header and the size of its data.
func safetensors(_ header: String, data: Int) -> [UInt8] {
  safetensors([UInt8](header.utf8), data: data)
}

func safetensors(_ header: [UInt8], data: Int) -> [UInt8] {
  withUnsafeBytes(of: UInt64(header.count).littleEndian) { [UInt8]($0) } + header
    + (0..<data).map { UInt8(truncatingIfNeeded: $0) }
}

@Suite struct SafetensorsReadingTests {
  private let folder = try! TemporaryFolder()

  private func read(_ bytes: [UInt8]) throws -> Container {
    try SafetensorsFormat().read(try folder.file("x.safetensors", bytes), options: ReadOptions())
  }

  private func entry(
    _ type: String = "F32", _ shape: String = "[2]", _ start: Int = 0, _ end: Int = 8
  )
    -> String
  {
    #"{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(start),\#(end)]}"#
  }

  /// The reference's acceptance matrix, where this reader accepts too.
  @Test(arguments: [
    (#"{"a":ENTRY}"#, 8), (#"{}"#, 0), (#"{"":ENTRY}"#, 8), ("{\"a\":ENTRY}\t\n ", 8),
    (#"{"__metadata__":null,"a":ENTRY}"#, 8), (#"{"__metadata__":{},"a":ENTRY}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]}}"#, 0),
    (#"{"b":{"dtype":"U8","shape":[1],"data_offsets":[8,9]},"a":ENTRY}"#, 9),
    (
      #"{"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"a":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#,
      6
    ),
    (#"{"\u0061\ud83d\ude00":ENTRY}"#, 8),
    (#"{"a":{"data_offsets":[0,8],"shape":[2],"dtype":"F32"}}"#, 8),
  ])
  func accepts(_ header: String, data: Int) throws {
    let text = header.replacing("ENTRY", with: entry())
    let container = try read(safetensors(text, data: data))
    #expect(container.diagnostics.isEmpty)
  }

  @Test func acceptsWithAWarning() throws {
    let space = try read(safetensors("\n {\"a\":\(entry())}", data: 8))
    #expect(space.diagnostics.map(\.code) == [.header])
    let field = try read(
      safetensors(
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"extra":{"x":[1,-2.5e3,null,"s"]}}}"#,
        data: 8))
    #expect(field.diagnostics.map(\.tensor) == ["a"])
  }

  @Test func unknownTypesAreListed() throws {
    let container = try read(safetensors("{\"a\":\(entry("F5", "[3]", 0, 8))}", data: 8))
    #expect(container.tensors.isEmpty)
    #expect(
      container.foreign == [ForeignTensor(name: "a", type: "F5", shape: [3], byteCount: 8)])
  }

  /// What is refused, and a part of what is said.
  @Test(arguments: [
    (#"{"a":ENTRY,"a":ENTRY}"#, 8, "duplicate key 'a', first at byte 9"),
    (#"{"__metadata__":{},"__metadata__":{},"a":ENTRY}"#, 8, "duplicate key"),
    (#"{"__metadata__":{"k":"1","k":"2"},"a":ENTRY}"#, 8, "duplicate key 'k'"),
    ("{\"a\":ENTRY}\0\0", 8, "padded with NUL"),
    (#"{"__metadata__":{"k":1},"a":ENTRY}"#, 8, "strings"),
    ("\u{FEFF}{\"a\":ENTRY}", 8, "expected '{'"), (#"{"a":ENTRY}"#, 9, "1 bytes follow"),
    (#"{"a":ENTRY}"#, 7, "tensor 'a'"), (#"{"a":ENTRY}x"#, 8, "unexpected text"),
    (#"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#, 8, "fraction"),
    (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "non-negative"),
    (#"{"a":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}"#, 8, "non-negative"),
    (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "need 12 bytes"),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,8]}}"#, 8, "too many"),
    (#"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}"#, 8, "too large"),
    (#"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}"#, 2, "do not end on a byte"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "backwards"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12, "4 bytes after"),
    (#"{"a":ENTRY,"b":{"dtype":"U8","shape":[8],"data_offsets":[4,12]}}"#, 12, "overlapping"),
    (#"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, 8, "lacks 'dtype'"),
    (#"{"a":{"dtype":"F32","data_offsets":[0,8]}}"#, 8, "lacks 'shape'"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, 8, "lacks 'data_offsets'"),
    (#"{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8, "duplicate key"),
    (#"{"a":ENTRY"#, 8, "expected '}'"), (#"{"a":1}"#, 8, "expected '{'"),
    (#"["a"]"#, 8, "expected '{'"), (#"{"\ud800":ENTRY}"#, 8, "lone surrogate"),
    (#"{"\x":ENTRY}"#, 8, "unknown escape"), ("{\"a\n\":ENTRY}", 8, "control character"),
  ])
  func refuses(_ header: String, data: Int, _ message: String) throws {
    let text = header.replacing("ENTRY", with: entry())
    let failure = #expect(throws: Failure.self) { try read(safetensors(text, data: data)) }
    #expect(failure?.description.contains(message) == true, "\(failure?.description ?? "")")
    #expect(failure?.place.file != nil)
    #expect(failure?.reason.outcome == .badInput)
  }

  @Test func refusesInvalidUTF8() throws {
    let header = [UInt8](#"{"a"#.utf8) + [0xFF] + [UInt8](#"":\#(entry())}"#.utf8)
    let failure = #expect(throws: Failure.self) { try read(safetensors(header, data: 8)) }
    #expect(failure?.description.contains("UTF-8") == true)
  }

  @Test func deepNestingIsRefused() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: Failure.self) {
      try read(
        safetensors(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":\#(deep)"#, data: 8))
    }
  }

  @Test(
    arguments: [[], [1, 2, 3], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]] as [[UInt8]])
  func refusesWhatIsTooShort(_ bytes: [UInt8]) {
    #expect(throws: Failure.self) { try read(bytes) }
  }

  /// Every cut through a sample is an error, and none is a crash.
  @Test func everyTruncationIsAnError() throws {
    let whole = try bytes(of: Places.sample("bert-tiny/model.safetensors"))
    let headerEnd = 8 + Int(whole[0]) + Int(whole[1]) << 8
    let spread = stride(
      from: headerEnd, to: whole.count, by: max(1, (whole.count - headerEnd) / 500))
    for length in Array(0..<headerEnd) + Array(spread) {
      #expect(throws: Failure.self) { try read(Array(whole[..<length])) }
    }
  }

  /// Damaged files are read or refused; what is read lends exactly its bytes.
  @Test func mutationsNeverTrap() throws {
    let whole = try bytes(of: Places.sample("bert-tiny/model.safetensors"))
    let seed: UInt64 = 0x5AFE
    var generator = SeededGenerator(seed: seed)
    var refused = 0
    for round in 0..<300 {
      do {
        for tensor in try read(mutated(whole, using: &generator)).tensors {
          #expect(try tensor.tensor.allBytes().count == tensor.tensor.byteCount)
        }
      } catch {
        #expect(error is Failure, "round \(round) of seed \(seed): \(error)")
        refused += 1
      }
    }
    #expect(refused > 100)
  }
}
