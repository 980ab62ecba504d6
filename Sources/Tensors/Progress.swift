import Synchronization

/// How far a piece of work has got, in bytes or in whatever it goes through; read by whoever shows it.
public final class Progress: Sendable {
  private let doneCount = Atomic<Int>(0)
  private let expected = Atomic<Int>(0)

  public init() {}

  public var done: Int { doneCount.load(ordering: .relaxed) }
  public var total: Int { expected.load(ordering: .relaxed) }

  package func expect(_ count: Int) { expected.add(count, ordering: .relaxed) }
  package func advance(_ count: Int) { doneCount.add(count, ordering: .relaxed) }
}
