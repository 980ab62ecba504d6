import Checkpoints
import Kernels
import Tensors

/// One tensor of two models: what each has in that place, and how their values differ.
public struct TensorDifference: Sendable {
  /// The role, or the name where there is no role.
  public var key: String
  public var component: Component
  public var first: Side?
  public var second: Side?
  /// Nil where values were not compared: one is missing, or shapes differ, or the type is no number.
  public var values: ValueComparison?
  /// Of a type that is no number, whether the bytes are the same.
  public var hasEqualBytes: Bool?

  public struct Side: Sendable {
    public var name: String
    public var shape: Shape
    public var elementType: ElementType
    /// In the orientation in which both are compared.
    var tensor: Tensor
  }

  /// What is different; several may be.
  public enum Kind: String, Sendable, CaseIterable {
    case missing, extra, shape, type, values
  }

  public var kinds: [Kind] {
    guard let first else { return [.extra] }
    guard let second else { return [.missing] }
    guard first.shape == second.shape else { return [.shape] }
    let areValuesEqual = values.map { $0.beyond == 0 } ?? hasEqualBytes ?? true
    return (first.elementType == second.elementType ? [] : [.type])
      + (areValuesEqual ? [] : [.values])
  }
}

extension TensorDifference {
  /// Reads the values of both, where there are two of one shape.
  mutating func compare(tolerance: Double) throws {
    guard let first, let second, first.shape == second.shape else { return }
    do {
      values = try first.tensor.compared(with: second.tensor, tolerance: tolerance)
      if values == nil { hasEqualBytes = try first.tensor.hasEqualBytes(as: second.tensor) }
    } catch let failure as Failure {
      throw failure.within(Place(tensor: first.name))
    }
  }
}

extension Checkpoint {
  /// Every tensor by what it is: its role where both models' names are understood, else its name.
  ///
  /// A tie that is stored has the values of its owner already, and need not be stored at all.
  func comparedSides(
    byRole: Bool
  ) -> [(key: String, component: Component, side: TensorDifference.Side)] {
    func side(_ name: String, _ tensor: Tensor) -> TensorDifference.Side {
      TensorDifference.Side(
        name: name, shape: tensor.shape, elementType: tensor.elementType, tensor: tensor)
    }
    guard byRole else {
      let components = Dictionary(parameters.map { ($0.name, $0.role.component) }) { first, _ in
        first
      }
      return container.tensors.map {
        ($0.name, components[$0.name] ?? .unmapped, side($0.name, $0.tensor))
      }
    }
    let roles = parameters.filter { $0.storage.kind != .shared }.map { parameter in
      (
        key: parameter.role.description, component: parameter.role.component,
        side: side(
          parameter.name, parameter.storage.tensor(of: parameter.shape, as: parameter.elementType))
      )
    }
    return roles + unmapped.map { ($0.name, .unmapped, side($0.name, $0.tensor)) }
  }
}
