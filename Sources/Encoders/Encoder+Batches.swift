import Synchronization
import Tensors

extension Encoder {
  /// The results for many sequences, in their order, computed in batches of sequences of like length
  /// on several threads.
  ///
  /// - Parameters:
  ///   - batchSize: the greatest number of sequences in a batch.
  ///   - progress: counts sequences.
  public func outputs(
    for sequences: [TokenSequence], batchSize: Int = 32, threads: Int,
    progress: Progress? = nil
  ) throws -> [EncoderOutput] {
    try results(for: sequences, batchSize: batchSize, threads: threads, progress: progress) { $0 }
  }

  /// What is made of the result for each of many sequences, in their order: for results that are not all to be held.
  ///
  /// - Parameter body: called on several threads.
  package func results<Result: Sendable>(
    for sequences: [TokenSequence], batchSize: Int = 32, threads: Int, progress: Progress? = nil,
    _ body: @Sendable (EncoderOutput) throws -> Result
  ) throws -> [Result] {
    let batches = Self.batches(of: sequences.map(\.count), size: batchSize)
    progress?.expect(sequences.count)
    let results = ResultShelf<Result>(count: sequences.count)
    // Batches on threads of their own never wait; but few batches would leave threads idle.
    let areFew = batches.count < 2 * threads
    let sessions = SessionShelf(self, threads: areFew ? threads : 1)
    try Workers.forEach(batches, threads: areFew ? 1 : threads) { indices in
      let session = sessions.take()
      defer { sessions.giveBack(session) }
      results.put(try session.session.run(indices.map { sequences[$0] }).map(body), at: indices)
      progress?.advance(indices.count)
    }
    return results.all
  }

  /// Indices of sequences, the longest first, so that what is done last is short.
  static func batches(of lengths: [Int], size: Int) -> [[Int]] {
    let order = lengths.indices.sorted { (lengths[$1], $0) < (lengths[$0], $1) }
    var batches: [[Int]] = []
    var tokens = 0
    for index in order {
      let isFull =
        batches.last.map { $0.count >= max(1, size) || tokens + lengths[index] > tokenCap } ?? true
      if isFull {
        batches.append([])
        tokens = 0
      }
      batches[batches.count - 1].append(index)
      tokens += lengths[index]
    }
    return batches
  }

  /// As sequences are not padded, more than this at a time takes memory and saves nothing.
  private static let tokenCap = 1024
}

/// Results that several threads put in their places.
private final class ResultShelf<Result: Sendable>: Sendable {
  private let results: Mutex<[Result?]>

  init(count: Int) { results = Mutex([Result?](repeating: nil, count: count)) }

  func put(_ some: [Result], at indices: [Int]) {
    results.withLock { results in
      for (result, index) in zip(some, indices) { results[index] = result }
    }
  }

  var all: [Result] { results.withLock { $0.compactMap { $0 } } }
}

/// Sessions that threads take and give back, each used by one thread at a time.
private final class SessionShelf: Sendable {
  struct Loan: @unchecked Sendable { let session: Session }

  private let encoder: Encoder
  private let threads: Int
  private let idle = Mutex<[Loan]>([])

  init(_ encoder: Encoder, threads: Int) {
    self.encoder = encoder
    self.threads = threads
  }

  func take() -> Loan {
    idle.withLock { $0.popLast() } ?? Loan(session: Session(encoder, threads: threads))
  }

  func giveBack(_ loan: Loan) { idle.withLock { $0.append(loan) } }
}
