import Checkpoints
import Tensors

/// A matrix or vector that training changes: its numbers in single precision, what is known of their gradient, and which of them stay
/// zero.
///
/// A parameter of a checkpoint becomes one of these where its storage is dense or sparse, and one for each factor where it is a product.
package final class TrainableParameter {
  package let id: ID
  /// The rows; 1 of a vector.
  package let rows: Int
  package let columns: Int
  package let values: FloatBuffer
  package var gradient: Gradient
  /// 1 where a weight is kept, 0 where it was pruned and stays zero; nil where nothing was.
  package var mask: FloatBuffer?
  /// Whether the optimizer leaves it as it is.
  package var isFrozen = false

  package struct ID: Hashable, Sendable, CustomStringConvertible {
    package var role: Role
    package var part: Part
    /// What a parameter maps that is trained beside a model; nil of a model's own.
    package var mapped: MappedOutput?

    package init(_ role: Role, _ part: Part = .whole, mapping mapped: MappedOutput? = nil) {
      self.role = role
      self.part = part
      self.mapped = mapped
    }

    package enum Part: String, Sendable { case whole, left, right }

    package var description: String {
      let own = part == .whole ? "\(role)" : "\(role).\(part.rawValue)"
      return mapped.map { "\(own).\($0.rawValue)" } ?? own
    }
  }

  /// What of a student is mapped to its teacher's width.
  package enum MappedOutput: String, Sendable {
    case hiddenStates = "hidden-states"
    case embeddings, projected
  }

  package init(
    _ id: ID, rows: Int, columns: Int, values: FloatBuffer, gradient: Gradient
  ) {
    precondition(values.count == rows * columns)
    self.id = id
    self.rows = rows
    self.columns = columns
    self.values = values
    self.gradient = gradient
  }

  package var count: Int { rows * columns }

  /// Sets the gradient back to zero.
  func clearGradient() {
    switch gradient {
    case .dense(let gradient): gradient.fill(with: 0)
    case .rows(let gradient): gradient.clear()
    }
  }

  /// Whether weight decay is for it: not for biases and the gains of norms (as in BERT's published optimizer).
  package var decays: Bool { id.role.kind == .weight && rows > 1 }
}

/// What is known of a loss's derivative by a parameter, summed since it was last cleared.
package enum Gradient {
  /// As many numbers as the parameter has.
  case dense(FloatBuffer)
  /// Some rows only, as a table gets that is looked up; the other rows' gradients are zero.
  case rows(RowGradient)
}

/// The gradient of the rows of a table that a batch has looked up.
package final class RowGradient {
  /// The rows that have a gradient, ascending, each once.
  package internal(set) var rows: [Int32] = []
  /// `[rows.count, columns]`, row after row.
  package internal(set) var values: [Float] = []
  package let columns: Int

  package init(columns: Int) { self.columns = columns }
}
