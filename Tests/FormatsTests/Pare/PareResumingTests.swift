import Checkpoints
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Formats
@testable import Tensors

/// A run that stopped is taken up after its last finished tensor, and gives the same file.
@Suite struct PareResumingTests {
  private let folder = try! TemporaryFolder()

  @Test(arguments: [0, 1, 12, 20]) func aRunIsTakenUp(_ stop: Int) throws {
    let container = PareFixture().container
    let path = try folder.file("out.safetensors", [])
    func write(_ container: Container, resumes: Bool) throws -> [UInt8] {
      let descriptor = open(path, O_RDWR)
      let file = OutputFile(adopting: descriptor, path: path)
      var options = WriteOptions(threads: resumes ? 2 : 1)
      options.journal = try OutputJournal(in: folder.path, fingerprint: "x", resumes: resumes)
      try PareWriter(ParePlan(container), file, options).write()
      return try bytes(of: path)
    }
    let whole = try write(container, resumes: false)
    let interrupted = Asking(container, failsAt: stop)
    truncate(path, 0)
    #expect(throws: Failure.self) { try write(interrupted.container, resumes: false) }
    let again = Asking(container, failsAt: nil)
    #expect(try write(again.container, resumes: true) == whole)
    let dense = container.tensors.filter { $0.storage == nil }
    let done = dense[..<stop].filter { $0.tensor.byteCount > ParePlan.plainLimit }
    #expect(again.asked.isDisjoint(with: done.map(\.name)))
    #expect(again.asked.contains(dense[stop].name))
    // Damage is noticed, and what follows it is coded again.
    var damaged = whole
    damaged[whole.count / 2] ^= 1
    _ = try folder.file("out.safetensors", damaged)
    #expect(try write(container, resumes: true) == whole)
  }
}

/// A container that counts which of its tensors are asked for, and fails at one of them.
private final class Asking: Sendable {
  private let names = Mutex<Set<String>>([])
  let original: Container
  private let failing: String?

  init(_ original: Container, failsAt index: Int?) {
    self.original = original
    failing = index.map { original.tensors.filter { $0.storage == nil }[$0].name }
  }

  var asked: Set<String> { names.withLock(\.self) }

  var container: Container {
    var container = original
    container.tensors = original.tensors.map { tensor in
      guard tensor.storage == nil else { return tensor }
      return NamedTensor(
        tensor.name,
        Tensor(
          tensor.tensor.elementType, tensor.tensor.shape,
          source: AskedSource(base: tensor.tensor.source) { [self] in
            if tensor.name == failing { throw Failure(PareReason.nameWithNUL) }
            _ = names.withLock { $0.insert(tensor.name) }
          }))
    }
    return container
  }
}

private struct AskedSource: TensorSource {
  let base: any TensorSource
  let ask: @Sendable () throws -> Void

  var byteCount: Int { base.byteCount }
  var pieceSize: Int { base.pieceSize }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try ask()
    return try base.withBytes(range, body)
  }
}
