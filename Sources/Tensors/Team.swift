import CSystem
import Glibc
import Synchronization

/// Threads that do one piece of work together, step by step, meeting at barriers.
///
/// They last as long as the team, so that a piece of work of a few milliseconds can be shared: waiting
/// is spinning at first, and giving way to others when that takes long.
package final class Team: Sendable {
  package let count: Int
  private let barrier: Barrier
  private let gate: Gate
  private let failure = Mutex<(any Error)?>(nil)

  /// - Parameter count: with the calling thread, which is the first member.
  package init(_ count: Int) {
    let gate = Gate()
    var members = 1
    let barrier = Barrier()
    while members < max(1, count) {
      let index = members
      let thread = startThread { gate.serve(index, barrier) }
      guard let thread else { break }
      pthread_detach(thread)
      members += 1
    }
    barrier.count.store(members, ordering: .relaxed)
    self.count = members
    self.barrier = barrier
    self.gate = gate
  }

  deinit { gate.close() }

  /// Runs a body once in every member and waits for all. Bodies run concurrently; every member must
  /// reach every barrier, so failures go through ``Member/attempt(_:)``.
  ///
  /// - Throws: the first failure that a member attempted.
  package func run(_ body: @escaping @Sendable (Member) -> Void) throws {
    if count > 1 {
      gate.open { [self] index in body(Member(index: index, team: self)) }
    }
    body(Member(index: 0, team: self))
    barrier.wait()
    gate.forget()
    let failure = failure.withLock { failure in
      defer { failure = nil }
      return failure
    }
    if let failure { throw failure }
  }

  /// One of the threads.
  package struct Member: Sendable {
    package let index: Int
    fileprivate let team: Team

    package var count: Int { team.count }

    /// Waits until every member is here.
    package func meet() { team.barrier.wait() }

    /// Does what may fail; the team's work then ends with the failure.
    package func attempt(_ body: () throws -> Void) {
      do { try body() } catch {
        team.failure.withLock { if $0 == nil { $0 = error } }
      }
    }

    /// This member's part of some items: consecutive, and all parts as equal as can be.
    package func share(of items: Int) -> Range<Int> {
      (items * index / count)..<(items * (index + 1) / count)
    }
  }
}

/// Where threads wait for each other, over and over.
private final class Barrier: Sendable {
  let count = Atomic<Int>(1)
  private let arrived = Atomic<Int>(0)
  private let round = Atomic<Int>(0)

  func wait() {
    let members = count.load(ordering: .relaxed)
    guard members > 1 else { return }
    let mine = round.load(ordering: .acquiring)
    if arrived.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == members {
      arrived.store(0, ordering: .relaxed)
      round.store(mine &+ 1, ordering: .releasing)
      return
    }
    var turns = 0
    while round.load(ordering: .acquiring) == mine {
      turns += 1
      if turns < 2_000 { pare_pause() } else { sched_yield() }
    }
  }
}

/// Hands the team's next piece of work to the members that wait for one.
private final class Gate: @unchecked Sendable {
  private var mutex = pthread_mutex_t()
  private var condition = pthread_cond_t()
  private var work: (@Sendable (Int) -> Void)?
  private var isClosed = false
  private let turn = Atomic<Int>(0)

  init() {
    pthread_mutex_init(&mutex, nil)
    pthread_cond_init(&condition, nil)
  }

  deinit {
    pthread_cond_destroy(&condition)
    pthread_mutex_destroy(&mutex)
  }

  func open(_ work: @escaping @Sendable (Int) -> Void) {
    pthread_mutex_lock(&mutex)
    self.work = work
    turn.wrappingAdd(1, ordering: .releasing)
    pthread_cond_broadcast(&condition)
    pthread_mutex_unlock(&mutex)
  }

  /// Lets go of work that is done, and so of what it holds.
  func forget() {
    pthread_mutex_lock(&mutex)
    work = nil
    pthread_mutex_unlock(&mutex)
  }

  func close() {
    pthread_mutex_lock(&mutex)
    isClosed = true
    work = nil
    turn.wrappingAdd(1, ordering: .releasing)
    pthread_cond_broadcast(&condition)
    pthread_mutex_unlock(&mutex)
  }

  /// What a member's thread does until the team is gone.
  func serve(_ index: Int, _ barrier: Barrier) {
    var seen = 0
    while perform(index, after: seen) {
      seen += 1
      barrier.wait()
    }
  }

  /// Does the next piece of work and lets go of it, so that nobody but the one who gave it holds it at the barrier; false
  /// when there is no more.
  @inline(never)
  private func perform(_ index: Int, after seen: Int) -> Bool {
    let (work, isClosed) = next(after: seen)
    if isClosed { return false }
    work?(index)
    return true
  }

  /// Work follows work within microseconds in a measurement, so a member looks out for it a while
  /// before it sleeps.
  private func next(after seen: Int) -> (work: (@Sendable (Int) -> Void)?, isClosed: Bool) {
    var turns = 0
    while turn.load(ordering: .acquiring) == seen, turns < 4_000 {
      turns += 1
      pare_pause()
    }
    pthread_mutex_lock(&mutex)
    defer { pthread_mutex_unlock(&mutex) }
    while turn.load(ordering: .acquiring) == seen, !isClosed {
      pthread_cond_wait(&condition, &mutex)
    }
    return (work, isClosed)
  }
}
