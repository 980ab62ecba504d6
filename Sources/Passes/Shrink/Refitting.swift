import Checkpoints
import Kernels
import Tensors

extension Checkpoint {
  /// The checkpoint in which the linears behind heads and neurons give what they gave, as far as what stays of a plan can: all columns are still
  /// there, but only those that stay are meant.
  ///
  /// - Throws: ``Failure`` if nothing is known of the inputs of one of them.
  func refitted(to plan: WidthPlan, _ statistics: Statistics) throws -> Checkpoint {
    guard let encoder = architecture.encoder else { return self }
    let shapes = encoder.storedLayerShapes
    return try replacing { parameter in
      guard case .layer(let index, let part) = parameter.role.module,
        parameter.role.kind == .weight
      else { return nil }
      switch part {
      case .output:
        return try plan.neurons.flatMap { try parameter.refitted(keeping: $0[index], statistics) }
      case .attentionOutput:
        guard let heads = plan.heads, let count = shapes[index].heads, count > 0 else {
          return nil
        }
        let width = shapes[index].attention / count
        let columns = heads[index].flatMap { ($0 * width)..<(($0 + 1) * width) }
        return try parameter.refitted(keeping: columns, statistics)
      default: return nil
      }
    }
  }
}

extension Parameter {
  /// The matrix with those columns refitted that stay; nil where all do.
  fileprivate func refitted(keeping columns: [Int], _ statistics: Statistics) throws -> Parameter? {
    let (rows, width) = (shape[0], shape[1])
    guard columns.count < width else { return nil }
    guard let gram = try statistics.gram(role, width: width) else {
      throw Failure(
        PassReason.unfit(
          pass: Shrink.declaration.name, why: "the statistics hold no '\(role).gram'"),
        at: Place(file: statistics.path))
    }
    var values = try storage.values(of: shape)
    let fitted = try LeastSquares.refit(
      values, rows: rows, columns: width, keeping: columns, gram: gram)
    for row in 0..<rows {
      for (place, column) in columns.enumerated() {
        values[row * width + column] = fitted[row * columns.count + place]
      }
    }
    let tensor = Tensor(
      .f32, shape, source: MemorySource(values.withUnsafeBytes { [UInt8]($0) })
    ).cast(to: elementType)
    return holding(.dense(tensor))
  }
}
