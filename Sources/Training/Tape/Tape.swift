import Checkpoints
import Kernels
import Tensors

/// The operations of a forward pass, remembered so that the gradients of their inputs can be worked out backwards (reverse-mode
/// differentiation; Griewank and Walther, "Evaluating Derivatives", 2008).
///
/// Values are row-major matrices, `[tokens, features]` for the most part, with the tokens of a batch one after the other and no
/// padding. An operation on values that need no gradient remembers nothing. What an operation has kept for its backward pass is
/// given back as soon as that is done. Work is divided into pieces that do not depend on the number of threads, and sums run in
/// one order: the results are the same to the bit for any number of threads.
package final class Tape {
  package let pool = MatrixPool()
  let blas: OpenBLAS
  private let team: Team
  private var pullbacks: [() throws -> Void] = []
  private var random: RandomKeys
  /// Of parameters that are seen through one.
  var quantizers: [ObjectIdentifier: FakeQuantizer] = [:]
  /// Told what each linear is fed, by the role of its weight.
  var inputObserver: ((Role, Matrix) throws -> Void)?
  /// Told the gradient of what each linear, or the table of words, gives, by the role of its weight.
  var gradientObserver: ((Role, Matrix) throws -> Void)?
  /// Whether operations are remembered at all.
  package private(set) var isRecording = true

  /// - Parameter seed: of everything random, such as which numbers are dropped.
  /// - Throws: `Failure` where OpenBLAS is not installed.
  package init(threads: Int, seed: UInt64 = 0) throws {
    blas = try OpenBLAS.open()
    team = Team(threads)
    random = RandomKeys(seed: seed)
  }

  /// Forgets what was recorded, and draws from here on what belongs to a step.
  package func begin(step: Int) {
    pullbacks.removeAll()
    random.begin(step: step)
  }

  /// Does something without remembering any of its operations.
  package func withoutRecording<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = isRecording
    isRecording = false
    defer { isRecording = before }
    return try body()
  }

  /// Adds the gradients of a scalar to those of the parameters behind it, and forgets all operations.
  ///
  /// - Parameter scale: what the scalar is multiplied by, as 1 / steps where gradients are accumulated.
  package func backward(from loss: Node, scale: Float = 1) throws {
    precondition(loss.value.count == 1)
    defer { pullbacks.removeAll() }
    guard let slot = loss.slot else { return }
    let seed = try matrix(rows: 1, columns: 1)
    seed.start.pointee = scale
    try slot.receive(seed, self)
    while let pullback = pullbacks.popLast() { try pullback() }
  }

  // MARK: What operations are made with

  /// The result of an operation. Unless none of its inputs needs one, its gradient is handed to the pullback.
  ///
  /// - Parameter pullback: adds to the gradients of the inputs; what it has captured is given back when it is done.
  func record(
    _ result: Matrix, from inputs: Node?..., pullback: @escaping (inout Matrix) throws -> Void
  ) -> Node {
    record(result, fromAny: inputs, pullback: pullback)
  }

  func record(
    _ result: Matrix, fromAny inputs: [Node?], pullback: @escaping (inout Matrix) throws -> Void
  ) -> Node {
    guard records(inputs) else { return Node(result) }
    let slot = GradientSlot(rows: result.rows, columns: result.columns)
    remember { if var gradient = slot.take() { try pullback(&gradient) } }
    return Node(result, slot)
  }

  /// On the way back, tells the observer the gradient of what a matrix has given.
  func observeGradient(of result: Node, from role: Role?) {
    guard let observer = gradientObserver, let role, let slot = result.slot else { return }
    remember { if let gradient = slot.sum { try observer(role, gradient) } }
  }

  /// Does something on the way back, of operations that have several results.
  func remember(_ pullback: @escaping () throws -> Void) { pullbacks.append(pullback) }

  /// Whether an operation on some inputs is remembered.
  func records(_ inputs: [Node?]) -> Bool {
    isRecording && inputs.contains { $0?.needsGradient ?? false }
  }

  /// A matrix with whatever numbers were there.
  package func matrix(rows: Int, columns: Int) throws -> Matrix {
    try pool.matrix(rows: rows, columns: columns)
  }

  /// The next operation's stream of random numbers.
  func nextKey() -> UInt64 { random.next() }

  /// Does pieces of work, handed out in order to whichever thread is free; each is done once.
  ///
  /// - Throws: the failure of one that failed.
  func forEach(_ pieces: Int, _ body: @Sendable (Int) throws -> Void) throws {
    guard pieces > 1, team.count > 1 else {
      for piece in 0..<pieces { try body(piece) }
      return
    }
    try withoutActuallyEscaping(body) { body in
      let counter = PieceCounter()
      try team.run { member in
        member.attempt {
          while let piece = counter.next(of: pieces) { try body(piece) }
        }
      }
    }
  }
}
