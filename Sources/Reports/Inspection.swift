import Checkpoints
import Kernels
import Synchronization
import Tensors

/// What `pare inspect` tells of a model, gathered once and shown as text or JSON.
public struct Inspection: Sendable {
  public let path: String
  public let checkpoint: Checkpoint
  public let counts: Counts
  public let rows: [Row]
  /// By the names of tensors; empty unless data were read.
  public let statistics: [String: TensorStatistics]
  /// Nil unless data were read.
  public let nonzeroParameters: Int?

  /// One tensor of the file.
  public struct Row: Sendable {
    public var name: String
    public var role: String?
    public var component: Component
    public var tensor: Tensor
    public var storage: String
    /// Whether it counts as a parameter: not a buffer, not a second copy.
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
    let gathered = statistics
    let isKnown = readsData && rows.allSatisfy { !$0.isUnique || gathered[$0.name] != nil }
    nonzeroParameters =
      isKnown
      ? rows.filter(\.isUnique).reduce(0) {
        $0 + $1.tensor.elementCount - (gathered[$1.name]?.zeros ?? 0)
      } : nil
  }

  private static func rows(of checkpoint: Checkpoint) -> [Row] {
    let parameters = checkpoint.parameters.map { parameter in
      Row(
        name: parameter.name, role: parameter.role.description,
        component: parameter.role.component, tensor: parameter.stored,
        storage: parameter.storage.description, isUnique: parameter.storage.kind != .shared)
    }
    let copies = checkpoint.copies.map { copy in
      Row(
        name: copy.name, role: nil, component: copy.role.component, tensor: copy.tensor,
        storage: Storage.shared(with: copy.role).description, isUnique: false)
    }
    let buffers = checkpoint.buffers.map { buffer in
      Row(
        name: buffer.name, role: nil, component: .buffers, tensor: buffer.tensor,
        storage: Storage.dense(buffer.tensor).description, isUnique: false)
    }
    let unmapped = checkpoint.unmapped.map { tensor in
      Row(
        name: tensor.name, role: nil, component: .unmapped, tensor: tensor.tensor,
        storage: Storage.dense(tensor.tensor).description, isUnique: true)
    }
    return parameters + copies + buffers + unmapped
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
    var elementTypes: [ElementType] = []
  }

  var components: [ComponentTotal] {
    Component.allCases.compactMap { component in
      let members = rows.filter { $0.component == component }
      guard !members.isEmpty else { return nil }
      var total = ComponentTotal(component: component)
      for row in members {
        total.tensors += 1
        total.parameters += row.isUnique ? row.tensor.elementCount : 0
        total.elements += row.tensor.elementCount
        total.bytes += row.tensor.byteCount
        total.zeros += statistics[row.name]?.zeros ?? 0
        if !total.elementTypes.contains(row.tensor.elementType) {
          total.elementTypes.append(row.tensor.elementType)
        }
      }
      return total
    }
  }
}
