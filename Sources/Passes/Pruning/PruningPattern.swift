import Checkpoints
import Tensors

/// Which weights are masked together or compared with one another.
enum PruningPattern: Equatable {
  /// Each weight by itself.
  case unstructured
  /// So many kept of each group of consecutive weights along the input.
  case ratio(kept: Int, of: Int)
  /// Blocks of rows (along the output) and columns (along the input), by their Euclidean norm.
  case blocks(rows: Int, columns: Int)

  /// - Parameter text: `unstructured`, `2:4` or `4x1`; nil for the first.
  /// - Throws: ``Failure`` of usage for anything else.
  init(_ text: String?) throws {
    guard let text, text != "unstructured" else {
      self = .unstructured
      return
    }
    func lengths(_ separator: Character) -> (Int, Int)? {
      let parts = text.split(separator: separator, omittingEmptySubsequences: false)
      guard parts.count == 2, let first = Int(parts[0]), let second = Int(parts[1]),
        Self.lengths.contains(first), Self.lengths.contains(second)
      else { return nil }
      return (first, second)
    }
    if let (kept, group) = lengths(":"), kept <= group {
      self = .ratio(kept: kept, of: group)
    } else if let (rows, columns) = lengths("x") {
      self = rows * columns == 1 ? .unstructured : .blocks(rows: rows, columns: columns)
    } else {
      throw Failure(
        PassReason.badValue(
          option: "pattern", value: text,
          expected: "unstructured, N:M as 2:4, or RxC as 4x1, with lengths up to 64"))
    }
  }

  private static let lengths = 1...64

  /// Rows and columns of what is masked together.
  var block: Shape {
    if case .blocks(let rows, let columns) = self { [rows, columns] } else { [1, 1] }
  }

  /// What the rows and the columns of a matrix must be multiples of.
  var unit: Shape {
    switch self {
    case .unstructured: [1, 1]
    case .ratio(_, let group): [1, group]
    case .blocks(let rows, let columns): [rows, columns]
    }
  }
}
