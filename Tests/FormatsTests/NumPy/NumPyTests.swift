import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

@Suite struct NumPyTests {
  private let format = NumPyFormat()
  private let folder = try! TemporaryFolder()

  private func read(_ sample: String) throws -> Container {
    let path = Places.sample(sample)
    let format = try FormatList.recognize(path)
    #expect(format.name == "npz")
    return try format.read(path, options: ReadOptions())
  }

  private func write(_ container: Container, to path: String) throws {
    let output = try OutputTransaction(.file(path), replacing: true)
    try format.write(container, to: output, options: WriteOptions(threads: 2))
    try output.commit()
  }

  @Test(arguments: ["kinds.npz", "packed.npz", "bert-tiny.npz", "array.npy"])
  func readsWhatNumPyReads(_ file: String) throws {
    let golden = try ContainerGolden("numpy--\(file)")
    #expect(try rows(of: read("numpy/\(file)")) == golden.tensors)
  }

  @Test func listsWhatHoldsNoNumbers() throws {
    let container = try read("numpy/others.npz")
    #expect(container.tensors.map(\.name) == ["numbers"])
    #expect(
      container.foreign.map(\.type)
        == ["text <U2", "pickled Python objects", "[('a', '<f4'), ('b', '<i2')]"])
  }

  /// Headers are NumPy's own, byte for byte, but for types that it writes in another order.
  @Test func writesTheHeadersOfNumPy() throws {
    let archive = try ZipArchive(InputFile(Places.sample("numpy/kinds.npz")))
    for tensor in try read("numpy/kinds.npz").tensors where !tensor.name.contains("big") {
      let member = try #require(archive["\(tensor.name).npy"])
      let (header, start) = try NumPyHeader.read(archive.prefix(of: member, NumPyHeader.limit))
      guard !header.isFortran, tensor.tensor.elementType != .bf16 else { continue }
      #expect(
        NumPyHeader.bytes(tensor.tensor.elementType, tensor.tensor.shape)
          == (try archive.prefix(of: member, start)))
    }
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let source = try read("numpy/kinds.npz")
    let path = try folder.file("out.npz")
    try write(source, to: path)
    let again = try FormatList.recognize(path).read(path, options: ReadOptions())
    #expect(try rows(of: again) == rows(of: source))
    #expect(
      try format.plannedFiles(source, options: WriteOptions())[0].byteCount == bytes(of: path).count
    )
    let single = try folder.file("array.npy")
    try write(try read("numpy/array.npy"), to: single)
    #expect(
      try rows(of: format.read(single, options: ReadOptions()))
        == ContainerGolden("numpy--array.npy").tensors)
    let failure = #expect(throws: Failure.self) { try write(source, to: single) }
    #expect(failure?.description.contains("holds one array, not 25") == true)
  }

  @Test(arguments: [
    ("", "expected '{'"), ("{'descr': '<f4'}", "a key is missing"),
    ("{'descr': 3, }", "expected a text"),
    ("{'descr': '<f4', 'fortran_order': 1, 'shape': (2,), }", "expected True or False"),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
      "a huge length"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999, 9999999999), }",
      "impossible shape"
    ),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", "expected a length"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "needs 12 bytes, 8 are there"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } x", "something behind"),
    ("{'descr': '<f4', 'x': 3}", "unknown key 'x'"), ("{'descr': [[[", "a list without end"),
    ("{'descr': '<f4", "a text without end"),
  ])
  func badHeaders(_ text: String, _ message: String) throws {
    let header = NumPyHeader.magic + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8)
    let path = try folder.file("x.npy", header + [UInt8](repeating: 0, count: 8))
    let failure = #expect(throws: Failure.self) { try format.read(path, options: ReadOptions()) }
    #expect(failure?.description.contains(message) == true, "\(failure?.description ?? "")")
  }

  @Test(arguments: ["numpy/kinds.npz", "numpy/packed.npz", "numpy/array.npy"])
  func damagedFilesAreReadOrRefused(_ sample: String) throws {
    try expectReadOrRefused(sample, as: "x.npz", seed: 61)
    let whole = try bytes(of: Places.sample(sample))
    for length in stride(from: 0, to: whole.count, by: 3) {
      let path = try folder.file("x.npz", Array(whole[..<length]))
      #expect(throws: Failure.self) { try format.read(path, options: ReadOptions()) }
    }
  }
}
