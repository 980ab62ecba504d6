/// A matrix that operations of a ``Tape`` have computed, or a parameter, and where its gradient is gathered.
///
/// The value lives as long as somebody needs it: this node, or an operation whose backward pass reads it.
package struct Node {
  package let value: Matrix
  /// Nil where nothing that is trained lies behind the value.
  let slot: GradientSlot?

  /// A value without a gradient.
  package init(_ value: Matrix) { self.init(value, nil) }

  init(_ value: Matrix, _ slot: GradientSlot?) {
    self.value = value
    self.slot = slot
  }

  package var rows: Int { value.rows }
  package var columns: Int { value.columns }
  package var needsGradient: Bool { slot != nil }

  /// The number of a matrix of one.
  package var scalar: Float { value.start.pointee }

  /// The same value, behind which nothing is trained.
  package var detached: Node { Node(value) }
}

/// Where the gradients of a value's uses are added up.
final class GradientSlot {
  let rows: Int
  let columns: Int
  private var matrix: Matrix?
  /// Whether the sum goes on from one backward pass to the next, as a parameter's.
  private let isKept: Bool

  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    isKept = false
  }

  /// - Parameter gradient: what is added to.
  init(keeping gradient: Matrix) {
    rows = gradient.rows
    columns = gradient.columns
    matrix = gradient
    isKept = true
  }

  /// The matrix that a gradient is to be written into, or, if there is one already, added to.
  func target(_ tape: Tape) throws -> (matrix: Matrix, adding: Bool) {
    if matrix == nil {
      let fresh = try tape.matrix(rows: rows, columns: columns)
      matrix = fresh
      return (fresh, false)
    }
    // A gradient may have been handed to several slots as it was.
    if !isKept, !isKnownUniquelyReferenced(&matrix) { matrix = try tape.copy(matrix!) }
    return (matrix!, true)
  }

  /// Adds a gradient, which becomes the sum itself if it is the first.
  func receive(_ gradient: Matrix, _ tape: Tape) throws {
    precondition(gradient.rows == rows && gradient.columns == columns)
    guard matrix != nil else {
      matrix = gradient
      return
    }
    try tape.add(gradient, to: try target(tape).matrix)
  }

  /// What has been gathered so far.
  var sum: Matrix? { matrix }

  /// The sum, which the slot then forgets.
  func take() -> Matrix? {
    defer { if !isKept { matrix = nil } }
    return matrix
  }
}
