import Tensors
import TestSupport
import Testing

@testable import Formats

@Suite struct PickleTests {
  private let folder = try! TemporaryFolder()

  private func decode(_ bytes: [UInt8]) throws -> PickleGraph {
    let file = try InputFile(try folder.file("x.pkl", bytes))
    let (graph, end) = try PickleDecoder.decode(file, 0..<file.byteCount)
    #expect(end == bytes.count)
    return graph
  }

  private func message(_ bytes: [UInt8]) -> String {
    let failure = #expect(throws: Failure.self) { _ = try decode(bytes) }
    return failure?.description ?? ""
  }

  private func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// Opcodes and their values after CPython's `Lib/pickletools.py`.
  @Test func values() throws {
    func root(_ bytes: [UInt8]) throws -> PickleValue {
      try decode([0x80, 2] + bytes + [0x2E]).root
    }
    #expect(try root(ascii("N")) == .none)
    #expect(try root([0x88]) == .boolean(true))
    #expect(try root([0x4A, 0xFE, 0xFF, 0xFF, 0xFF]) == .integer(-2))
    #expect(try root([0x4D, 0x01, 0x02]) == .integer(513))
    #expect(try root([0x8A, 0]) == .integer(0))
    #expect(try root([0x8A, 1, 0xFF]) == .integer(-1))
    #expect(try root([0x8A, 2, 0xFF, 0x00]) == .integer(255))
    #expect(
      try root([0x8A, 9] + [UInt8](repeating: 1, count: 9))
        == .longInteger(.init(repeating: 1, count: 9)))
    #expect(try root([0x47, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0]) == .number(1.5))
    #expect(try root([0x8C, 2] + ascii("hi")) == .text("hi"))
    #expect(try root([0x43, 3, 1, 2, 3]) == .bytes(4..<7))
    #expect(try root(ascii("cos\nsystem\n")) == .global(PickleGlobal(module: "os", name: "system")))
    let dictionary = try decode(
      [0x80, 4] + ascii("}(K") + [1, 0x8C, 1] + ascii("a") + ascii("u."))
    #expect(dictionary.entries(dictionary.root)?.first?.key == .integer(1))
    let list = try decode([0x80, 2] + ascii("](K") + [1] + ascii("K") + [2] + ascii("e."))
    #expect(list.integers(list.root) == [1, 2])
    // A list that holds itself.
    let cycle = try decode([0x80, 2] + ascii("]q") + [0] + ascii("h") + [0] + ascii("a."))
    #expect(cycle.nodes[0].items == [.node(0)])
  }

  @Test func deepNestingCostsNothingButMemory() throws {
    let depth = 1_000_000
    let graph = try decode(
      [0x80, 2] + ascii("N") + [UInt8](repeating: 0x85, count: depth) + ascii("."))
    #expect(graph.nodes.count == depth)
  }

  @Test func refusesWhatIsDamaged() {
    #expect(message([]).contains("is not a pickle"))
    #expect(message(ascii("{}")).contains("is not a pickle"))
    #expect(message([0x80, 9, 0x2E]).contains("protocol 9"))
    #expect(message([0x80, 2, 0x82, 0x01, 0x2E]).contains("opcode 0x82"))
    #expect(message([0x80, 2]).contains("ends too early"))
    #expect(message([0x80, 2, 0x2E]).contains("empty stack"))
    #expect(message([0x80, 2] + ascii("NN.")).contains("leaves 1 values"))
    #expect(message([0x80, 2] + ascii("t.")).contains("lacks a mark"))
    #expect(message([0x80, 2] + ascii("(N") + [0x86, 0x2E]).contains("empty stack"))
    #expect(message([0x80, 2] + ascii("h") + [7] + ascii(".")).contains("refers to value 7"))
    #expect(
      message([0x80, 2] + ascii("X") + [0xFF, 0xFF, 0xFF, 0x7F] + ascii("a.")).contains(
        "ends too early"))
    #expect(
      message([0x80, 2] + ascii("X") + [1, 0, 0, 0, 0xFF] + ascii(".")).contains("not UTF-8"))
    #expect(message([0x80, 2] + ascii("NNs.")).contains("empty stack"))
    #expect(message([0x80, 2] + ascii("NNNs.")).contains("expects a dictionary"))
    #expect(message([0x80, 2] + ascii("}(Nu.")).contains("a value for a key"))
    #expect(
      message([0x80, 2] + ascii("c") + [UInt8](repeating: 0x61, count: 5000)).contains(
        "name without end"))
    let many = [0x80, 2] + [UInt8](repeating: 0x4E, count: PickleDecoder.operationLimit + 1)
    #expect(message(many).contains("operations"))
  }
}
