import Checkpoints
import Kernels
import Synchronization
import Tensors

/// What `pare inspect` tells of a model, gathered once and shown as text or JSON.
public struct Inspection: Sendable {
  public let path: String
  public let checkpoint: Checkpoint
  public let counts: Counts
  public private(set) var rows: [Row]
  /// By the names of tensors; empty unless data were read.
  public let statistics: [String: TensorStatistics]
  /// Nil unless data were read.
  public private(set) var nonzeroParameters: Int?

  /// One tensor of the file.
  public struct Row: Sendable {
    public var name: String
    public var role: String?
    public var component: Component
    /// The dense values.
    public var tensor: Tensor
    public var storage: String
    /// Nil where the tensor is held as it is.
    public var composition: Storage.Kind?
    /// The blocks in which the file holds the values; nil where it does not.
    public var blocks: BlockType?
    /// What the file takes for it, in bytes.
    public var byteCount: Int
    /// How many numbers its values are made of: factors as they are held, masked ones counted.
    public var numberCount: Int
    /// How many of these are zero, where the tensor is composed and its data were read.
    public var composedZeros: Int?
    /// Whether it counts as a parameter: not a buffer, not a second copy, not what is only ever added to one.
    public var isUnique: Bool
  }

  /// - Parameter readsData: gathers statistics of every tensor, on several threads.
  public init(
    of checkpoint: Checkpoint, path: String, readsData: Bool = false, threads: Int = 1,
    progress: Progress? = nil
  ) throws {
    self.path = path
    self.checkpoint = checkpoint
    counts = checkpoint.counts
    rows = Self.rows(of: checkpoint)
    statistics = readsData ? try Self.statistics(rows, threads, progress) : [:]
    nonzeroParameters = nil
    guard readsData else { return }
    for (index, row) in rows.enumerated() where row.composition != nil {
      guard let parameter = checkpoint.parameters.first(where: { $0.name == row.name }) else {
        continue
      }
      do {
        let nonzero = try parameter.storage.nonzeroCount(of: parameter.shape)
        rows[index].composedZeros = nonzero.map { row.numberCount - $0 }
      } catch let failure as Failure {
        throw failure.within(Place(tensor: row.name))
      }
    }
    let zeros = rows.filter(\.isUnique).map(zeros)
    guard !zeros.contains(nil) else { return }
    nonzeroParameters = zip(rows.filter(\.isUnique), zeros).reduce(0) {
      $0 + $1.0.numberCount - $1.1!
    }
  }

  /// How many of the numbers of a row are zero; nil where that is not known.
  private func zeros(of row: Row) -> Int? {
    row.composition == nil ? statistics[row.name]?.zeros : row.composedZeros
  }

  private static func rows(of checkpoint: Checkpoint) -> [Row] {
    let held = Dictionary(
      checkpoint.container.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    func row(
      _ name: String, _ role: String?, _ component: Component, _ tensor: Tensor,
      _ storage: Storage, isUnique: Bool
    ) -> Row {
      let isHeldSo = storage.dense != nil || storage.kind == .shared
      let blocks = held[name]?.blocks
      return Row(
        name: name, role: role, component: component, tensor: tensor,
        storage: blocks.map { "blocks \($0.rawValue)" } ?? storage.description,
        composition: isHeldSo ? nil : storage.kind, blocks: blocks,
        byteCount: held[name]?.byteCount ?? tensor.byteCount,
        numberCount: isHeldSo ? tensor.elementCount : storage.uniqueCount, isUnique: isUnique)
    }
    let parameters = checkpoint.parameters.map { parameter in
      row(
        parameter.name, parameter.role.description, parameter.role.component, parameter.stored,
        parameter.storage, isUnique: parameter.storage.kind != .shared)
    }
    let copies = checkpoint.copies.map { copy in
      row(
        copy.name, nil, copy.role.component, copy.tensor, .shared(with: copy.role), isUnique: false)
    }
    let addends = checkpoint.addends.map { addend in
      row(
        addend.name, nil, addend.role.component, addend.tensor, .dense(addend.tensor),
        isUnique: false)
    }
    let buffers = checkpoint.buffers.map { buffer in
      row(buffer.name, nil, .buffers, buffer.tensor, .dense(buffer.tensor), isUnique: false)
    }
    let unmapped = checkpoint.unmapped.map { tensor in
      row(
        tensor.name, nil, .unmapped, tensor.tensor, tensor.storage ?? .dense(tensor.tensor),
        isUnique: true)
    }
    return parameters + copies + addends + buffers + unmapped
  }

  private static func statistics(
    _ rows: [Row], _ threads: Int, _ progress: Progress?
  ) throws -> [String: TensorStatistics] {
    progress?.expect(rows.reduce(0) { $0 + $1.tensor.byteCount })
    let gathered = Gathered()
    try Workers.forEach(rows, threads: threads) { row in
      do {
        if let statistics = try row.tensor.statistics() { gathered.set(statistics, for: row.name) }
        progress?.advance(row.tensor.byteCount)
      } catch let failure as Failure {
        throw failure.within(Place(tensor: row.name))
      }
    }
    return gathered.all
  }
}

/// Results of several threads.
private final class Gathered: Sendable {
  private let statistics = Mutex<[String: TensorStatistics]>([:])

  func set(_ value: TensorStatistics, for name: String) { statistics.withLock { $0[name] = value } }
  var all: [String: TensorStatistics] { statistics.withLock { $0 } }
}

extension Inspection {
  /// One line of the table of components.
  struct ComponentTotal {
    var component: Component
    var tensors = 0
    /// Unique parameters; of buffers and second copies none.
    var parameters = 0
    var elements = 0
    var bytes = 0
    var zeros = 0
    /// Types of elements, and kinds of storage where there is more than the elements.
    var kinds: [String] = []
  }

  var components: [ComponentTotal] {
    Component.allCases.compactMap { component in
      let members = rows.filter { $0.component == component }
      guard !members.isEmpty else { return nil }
      var total = ComponentTotal(component: component)
      for row in members {
        total.tensors += 1
        total.parameters += row.isUnique ? row.numberCount : 0
        total.elements += row.numberCount
        total.bytes += row.byteCount
        total.zeros += zeros(of: row) ?? 0
        let kind =
          row.composition?.rawValue ?? row.blocks?.rawValue ?? row.tensor.elementType.rawValue
        if !total.kinds.contains(kind) { total.kinds.append(kind) }
      }
      return total
    }
  }
}
