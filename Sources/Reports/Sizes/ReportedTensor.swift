import Checkpoints
import Coding
import Kernels
import Tensors

/// One tensor on its way into a report: what is known of it without its data, and where those are.
struct ReportedTensor: Sendable {
  var report: ParameterReport
  let storage: Storage
  /// The values that it stands for, of the same shape.
  let original: Storage?

  /// The elements that are gone through.
  var work: Int { max(report.heldCount, report.denseCount) }
}

extension ReportedTensor {
  /// Every tensor of a checkpoint, in the order of a report.
  static func all(of checkpoint: Checkpoint, against reference: Checkpoint?) -> [Self] {
    // What a pass has made has no size in a file yet.
    let stored = checkpoint.isRewritten ? [] : checkpoint.container.tensors
    let sizes = Dictionary(
      stored.map { ($0.name, $0.byteCount) }, uniquingKeysWith: { first, _ in first })
    let originals = Originals(of: checkpoint, in: reference)
    let sums = Set(checkpoint.addends.map(\.role))
    let parameters = checkpoint.parameters.map { parameter in
      Self(
        parameter, isSum: sums.contains(parameter.role),
        byteCount: sizes[parameter.name] ?? parameter.storage.byteCount,
        original: originals.storage(for: parameter))
    }
    let copies = checkpoint.copies.map {
      Self(
        loose: NamedTensor($0.name, $0.tensor), $0.role.component,
        Storage.shared(with: $0.role).description)
    }
    let addends = checkpoint.addends.map {
      Self(loose: NamedTensor($0.name, $0.tensor), $0.role.component)
    }
    let buffers = checkpoint.buffers.map { Self(loose: NamedTensor($0.name, $0.tensor), .buffers) }
    return parameters + copies + addends + buffers + checkpoint.unmapped.map { Self(unmapped: $0) }
  }

  private init(_ parameter: Parameter, isSum: Bool, byteCount: Int, original: Storage?) {
    let isTie = parameter.storage.kind == .shared
    var layer: Int?
    if case .layer(let index, _) = parameter.role.module { layer = index }
    report = ParameterReport(
      name: parameter.name, role: parameter.role.description, component: parameter.role.component,
      layer: layer, shape: parameter.shape, storage: parameter.storage.description,
      byteCount: byteCount, denseCount: isTie ? 0 : parameter.shape.elementCount,
      heldCount: parameter.storage.heldCount(of: parameter.shape), nonzeroCount: nil,
      rank: parameter.storage.rank(of: parameter.shape), boundBits: 0)
    // In the orientation of the file, which costs nothing to read.
    storage =
      parameter.storage.dense != nil && original == nil && !isSum
      ? .dense(parameter.stored.reshaped(parameter.shape)) : parameter.storage
    self.original = original
  }

  /// A buffer or a second copy: bytes without parameters.
  private init(loose tensor: NamedTensor, _ component: Component, _ storage: String? = nil) {
    let held = Storage.dense(tensor.tensor)
    report = ParameterReport(
      name: tensor.name, role: nil, component: component, layer: nil, shape: tensor.tensor.shape,
      storage: storage ?? held.description, byteCount: tensor.byteCount, denseCount: 0,
      heldCount: 0, nonzeroCount: nil, boundBits: 0)
    self.storage = held
    original = nil
  }

  /// A tensor without a role: parameters that no one knows.
  private init(unmapped tensor: NamedTensor) {
    storage = tensor.storage ?? .dense(tensor.tensor)
    let shape = tensor.tensor.shape
    report = ParameterReport(
      name: tensor.name, role: nil, component: .unmapped, layer: nil, shape: shape,
      storage: storage.description, byteCount: tensor.byteCount, denseCount: shape.elementCount,
      heldCount: storage.heldCount(of: shape), nonzeroCount: nil, rank: storage.rank(of: shape),
      boundBits: 0)
    original = nil
  }
}

/// The values that a checkpoint's parameters stand for, as far as they can be told.
private struct Originals {
  private let parameters: [Role: Parameter]
  private let hasSameLayers: Bool

  init(of checkpoint: Checkpoint, in reference: Checkpoint?) {
    parameters = Dictionary(
      (reference?.parameters ?? []).map { ($0.role, $0) }, uniquingKeysWith: { first, _ in first })
    hasSameLayers = reference.map { checkpoint.isComparable(layersOf: $0) } ?? false
  }

  func storage(for parameter: Parameter) -> Storage? {
    if case .layer = parameter.role.module, !hasSameLayers { return nil }
    guard parameter.storage.kind != .shared, let original = parameters[parameter.role],
      original.shape == parameter.shape
    else { return nil }
    guard case .shared(let owner) = original.storage else { return original.storage }
    return parameters[owner].flatMap { $0.shape == parameter.shape ? $0.storage : nil }
  }
}
