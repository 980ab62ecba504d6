import Checkpoints
import Tensors

/// Sums over what the linears of a model are fed: Σ x·xᵀ and Σ x.
///
/// Those of linears that are fed the same matrix, as a layer's query, key and value are, are kept once. A batch's products are
/// singles, their sums doubles; they run in one order, whatever the number of threads.
final class InputMoments {
  /// The sums of one matrix of inputs, and how many rows went into them.
  private final class Sums {
    let width: Int
    var products: [Double]
    var features: [Double]
    var count = 0

    init(width: Int) {
      self.width = width
      products = [Double](repeating: 0, count: width * width)
      features = [Double](repeating: 0, count: width)
    }
  }

  private var sums: [Role: Sums] = [:]
  /// Of the batch that is under way: the inputs, and whose they were first.
  private var batch: [(input: Matrix, owner: Role)] = []

  /// Forgets which inputs of the last batch were the same.
  func begin() { batch.removeAll() }

  /// Takes in what a linear is fed.
  func add(_ input: Matrix, of role: Role, _ tape: Tape) throws {
    if batch.contains(where: { $0.input === input }) { return }
    batch.append((input, role))
    let width = input.columns
    let target = sums[role] ?? Sums(width: width)
    sums[role] = target
    target.count += input.rows
    for row in 0..<input.rows {
      let values = input.row(row)
      for column in 0..<width { target.features[column] += Double(values[column]) }
    }
    let products = try tape.matrix(rows: width, columns: width)
    try tape.multiply(input.transposed, input.plain, into: products)
    target.products.withUnsafeMutableBufferPointer { sums in
      for index in 0..<(width * width) { sums[index] += Double(products.start[index]) }
    }
  }

  /// How many vectors the linear with the most was fed.
  var count: Int { sums.values.map(\.count).max() ?? 0 }
  /// The length of the longest vector that a linear is fed.
  var width: Int { sums.values.map(\.width).max() ?? 0 }

  /// `ROLE.gram` `[in, in]`, `ROLE.mean` `[in]` and `ROLE.count` `[1]`.
  var tensors: [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (role, sums) in sums {
      tensors["\(role).gram"] = Tensor(singles: sums.products, [sums.width, sums.width])
      let share = 1 / Double(max(1, sums.count))
      tensors["\(role).mean"] = Tensor(singles: sums.features.map { $0 * share }, [sums.width])
      tensors["\(role).count"] = Tensor(singles: [Double(sums.count)], [1])
    }
    return tensors
  }
}

extension Tensor {
  /// Numbers rounded to singles.
  init(singles values: [Double], _ shape: Shape) {
    let bytes = values.map { Float($0) }.withUnsafeBytes { [UInt8]($0) }
    self.init(.f32, shape, source: MemorySource(bytes))
  }
}
