import Checkpoints
import Kernels
import Tensors

/// What is suspicious about the values of one tensor: numbers that are none, values that are all the same, rows of nothing.
struct ValueCheck {
  /// Nil for buffers and tensors without a role.
  let role: Role?
  let name: String
  let tensor: Tensor

  /// Reads all values.
  ///
  /// - Returns: also an error where the bytes cannot be had.
  func findings() -> [Diagnostic] {
    do {
      return try values() + (tensor.elementType == .bool ? truths() : []) + emptyRows()
    } catch let failure as Failure {
      return [Diagnostic(.error, .unreadable, "\(failure)", tensor: name)]
    } catch {
      return [Diagnostic(.error, .unreadable, "\(error)", tensor: name)]
    }
  }

  private func values() throws -> [Diagnostic] {
    guard let numbers = try tensor.statistics(bins: 1), numbers.count > 0 else { return [] }
    var findings: [Diagnostic] = []
    func count(_ number: Int) -> String { "\(grouped(number)) of \(grouped(numbers.count)) values" }
    if numbers.nans > 0 {
      findings.append(
        Diagnostic(.error, .notANumber, "\(count(numbers.nans)) are NaN", tensor: name))
    }
    if numbers.infinities > 0 {
      findings.append(
        Diagnostic(.error, .infinite, "\(count(numbers.infinities)) are infinite", tensor: name))
    }
    if numbers.count > 1, numbers.finite == numbers.count, numbers.minimum == numbers.maximum,
      tensor.elementType.isFloat
    {
      // Norms and biases begin so; matrices never do.
      let severity: Diagnostic.Severity = tensor.shape.rank > 1 ? .warning : .note
      findings.append(
        Diagnostic(
          severity, .constant, "every value is \(significant(numbers.minimum))", tensor: name))
    }
    return findings
  }

  /// Booleans other than 0 and 1, which readers take for anything.
  private func truths() throws -> [Diagnostic] {
    let odd = try tensor.withBytes { bytes in bytes.count { $0 > 1 } }
    guard odd > 0 else { return [] }
    return [
      Diagnostic(
        .warning, .notABoolean,
        "\(grouped(odd)) of \(grouped(tensor.elementCount)) booleans are neither 0 nor 1",
        tensor: name)
    ]
  }

  /// Rows of a matrix that hold zeros only: outputs that are always the same, words that say nothing.
  private func emptyRows() throws -> [Diagnostic] {
    guard tensor.shape.rank == 2, let width = tensor.elementType.byteWidth,
      tensor.elementType.isFloat, tensor.shape[1] > 0
    else { return [] }
    let rowSize = tensor.shape[1] * width
    let step = max(1, tensor.source.pieceSize / rowSize)
    var empty = 0
    for first in stride(from: 0, to: tensor.shape[0], by: step) {
      let rows = first..<min(first + step, tensor.shape[0])
      try tensor.source.withBytes((rows.lowerBound * rowSize)..<(rows.upperBound * rowSize)) {
        bytes in
        for row in 0..<rows.count
        where bytes[(row * rowSize)..<((row + 1) * rowSize)].allSatisfy({ $0 == 0 }) {
          empty += 1
        }
      }
    }
    guard empty > 0, empty < tensor.shape[0] else { return [] }
    // The row of the padding token, which PyTorch keeps at zero.
    let isPadding = empty == 1 && role?.component == .embeddings
    return [
      Diagnostic(
        isPadding ? .note : .warning, .emptyRows,
        "\(grouped(empty)) of \(grouped(tensor.shape[0])) rows are all zeros", tensor: name)
    ]
  }
}
