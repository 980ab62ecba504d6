import Synchronization

/// How far a piece of work has got, in bytes; read by whoever shows it.
public final class Progress: Sendable {
  private let done = Atomic<Int>(0)
  private let expected = Atomic<Int>(0)

  public init() {}

  public var doneBytes: Int { done.load(ordering: .relaxed) }
  public var totalBytes: Int { expected.load(ordering: .relaxed) }

  package func expect(_ byteCount: Int) { expected.add(byteCount, ordering: .relaxed) }
  package func advance(_ byteCount: Int) { done.add(byteCount, ordering: .relaxed) }
}
