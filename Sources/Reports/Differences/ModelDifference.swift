import Checkpoints
import Documents
import Kernels
import Synchronization
import Tensors

/// What two models have in common and what not: tensors, configuration, files of the vocabulary.
public struct ModelDifference: Sendable {
  public let first: Side
  public let second: Side
  /// The difference up to which two values are the same.
  public let tolerance: Double
  /// In the order of the first model, then what only the second has.
  public private(set) var tensors: [TensorDifference]
  public let settings: [SettingDifference]
  public let files: [FileDifference]
  /// What does not count as a difference.
  public let ignored: Set<Ignorable>
  /// Whether tensors were told by their roles; else by their names.
  public let isByRole: Bool

  /// A model as it is named in a report.
  public struct Side: Sendable {
    public var path: String
    public var checkpoint: Checkpoint

    public init(path: String, checkpoint: Checkpoint) {
      self.path = path
      self.checkpoint = checkpoint
    }
  }

  /// What can be left out of the verdict.
  public enum Ignorable: String, Sendable, CaseIterable {
    case types, extra, missing, configuration, vocabulary
  }

  /// Compares two models, tensor by tensor on several threads.
  ///
  /// - Parameters:
  ///   - files: of the vocabulary, that both have.
  ///   - progress: told of bytes of the first model's tensors.
  public init(
    of first: Side, and second: Side, tolerance: Double = 0, selection: Selection,
    ignoring ignored: Set<Ignorable> = [], files: [FileDifference] = [], threads: Int = 1,
    progress: Progress? = nil
  ) throws {
    self.first = first
    self.second = second
    self.tolerance = tolerance
    self.ignored = ignored
    self.files = files
    let isByRole = first.checkpoint.dialect != nil && second.checkpoint.dialect != nil
    self.isByRole = isByRole
    settings = SettingDifference.all(
      first.checkpoint.configuration?.document, second.checkpoint.configuration?.document)
    tensors = Self.pairs(
      first.checkpoint.comparedSides(byRole: isByRole),
      second.checkpoint.comparedSides(byRole: isByRole)
    ).filter { $0.isSelected(by: selection, byRole: isByRole) }
    guard !tensors.isEmpty else { throw Failure(SelectionReason.nothingSelected) }
    try compare(threads: threads, progress)
  }

  private static func pairs(
    _ ours: [(key: String, component: Component, side: TensorDifference.Side)],
    _ theirs: [(key: String, component: Component, side: TensorDifference.Side)]
  ) -> [TensorDifference] {
    let others = Dictionary(theirs.map { ($0.key, $0.side) }) { first, _ in first }
    let known = Set(ours.map(\.key))
    return ours.map {
      TensorDifference(key: $0.key, component: $0.component, first: $0.side, second: others[$0.key])
    }
      + theirs.filter { !known.contains($0.key) }.map {
        TensorDifference(key: $0.key, component: $0.component, first: nil, second: $0.side)
      }
  }

  private mutating func compare(threads: Int, _ progress: Progress?) throws {
    let compared = Mutex(tensors)
    let (all, tolerance) = (tensors, tolerance)
    progress?.expect(all.reduce(0) { $0 + ($1.first?.tensor.byteCount ?? 0) })
    try Workers.forEach(Array(all.indices), threads: threads) { index in
      var tensor = all[index]
      try tensor.compare(tolerance: tolerance)
      compared.withLock { $0[index] = tensor }
      progress?.advance(tensor.first?.tensor.byteCount ?? 0)
    }
    tensors = compared.withLock { $0 }
  }
}

extension ModelDifference {
  /// Whether nothing is different but what is ignored.
  public var isEmpty: Bool {
    tensors.allSatisfy { countedKinds(of: $0).isEmpty }
      && (settings.isEmpty || ignored.contains(.configuration))
      && (files.allSatisfy(\.areEqual) || ignored.contains(.vocabulary))
  }

  /// What is different about a tensor and not ignored.
  func countedKinds(of tensor: TensorDifference) -> [TensorDifference.Kind] {
    tensor.kinds.filter { kind in
      switch kind {
      case .type: !ignored.contains(.types)
      case .missing: !ignored.contains(.missing)
      case .extra: !ignored.contains(.extra)
      case .shape, .values: true
      }
    }
  }
}

extension TensorDifference {
  fileprivate func isSelected(by selection: Selection, byRole: Bool) -> Bool {
    let name = first?.name ?? second?.name ?? key
    return selection.contains(role: byRole && component != .unmapped ? key : nil, name: name)
  }
}
