import Checkpoints

/// A table of names, used in both directions.
///
/// Looking a name up is one access to a dictionary and a check of the numbers in the name.
struct NameTable {
  /// One name of one parameter.
  struct Entry {
    let pattern: NamePattern
    /// Of a layer's parameters, that of layer 0.
    let role: Role
    let layout: Layout
    /// The heads with which it is written; nil for all, empty where it is only read.
    let heads: Set<Head>?

    init(_ path: String, _ role: Role, _ layout: Layout = .asIs, heads: Set<Head>? = nil) {
      self.pattern = NamePattern(path)
      self.role = role
      self.layout = layout
      self.heads = heads
    }

    func isWritten(with head: Head) -> Bool { heads?.contains(head) ?? true }
  }

  /// Which part of a model a name can be of.
  enum Scope { case backbone, head, any }

  /// A name that was found. The layer is still in two parts, since only all names together tell how
  /// many layers a group has.
  struct Match: Equatable {
    var role: Role
    var layout: Layout
    var group: Int
    var inner: Int?
  }

  private let byKey: [String: [(slots: [NamePattern.Slot], entry: Entry)]]
  private let entries: [Entry]

  /// - Parameter entries: of several names of a role the first that is written is the usual one.
  init(_ entries: [Entry]) {
    var byKey: [String: [(slots: [NamePattern.Slot], entry: Entry)]] = [:]
    byKey.reserveCapacity(entries.count)
    for entry in entries {
      for (key, slots) in entry.pattern.keys { byKey[key, default: []].append((slots, entry)) }
    }
    self.byKey = byKey
    self.entries = entries
  }

  func match(_ name: Substring, _ scope: Scope = .any) -> Match? {
    let collapsed = CollapsedName(name)
    guard let candidates = byKey[collapsed.key] else { return nil }
    for (slots, entry) in candidates where scope.contains(entry.role.module) {
      guard let place = slots.match(collapsed.numbers) else { continue }
      return Match(role: entry.role, layout: entry.layout, group: place.layer, inner: place.inner)
    }
    return nil
  }

  /// The name of a parameter without prefix, and its layout, or nil if the table has none.
  func place(of role: Role, in architecture: EncoderArchitecture) -> NamedPlace? {
    let general = Role(role.module.inLayer(0), role.kind)
    let entry = entries.first { $0.role == general && $0.isWritten(with: architecture.head) }
    guard let entry else { return nil }
    let name = entry.pattern.filled(
      layer: role.module.layerIndex ?? 0, groupSize: max(1, architecture.groupSize))
    return NamedPlace(name, entry.layout)
  }

  /// The order of the table, but that layers come one after the other.
  func order(of role: Role) -> [Int] {
    let general = Role(role.module.inLayer(0), role.kind)
    let position = entries.firstIndex { $0.role == general } ?? entries.count
    guard let layer = role.module.layerIndex else { return [position] }
    let first = entries.firstIndex { $0.role.module.layerIndex != nil } ?? 0
    return [first, layer, position]
  }
}

extension NameTable.Scope {
  func contains(_ module: Module) -> Bool {
    switch self {
    case .any: true
    case .backbone: !module.isHead
    case .head: module.isHead
    }
  }
}

extension [NameTable.Match?] {
  /// How many layers a group has, as the largest index within one tells.
  var groupSize: Int { 1 + (compactMap { $0?.inner }.max() ?? 0) }

  /// The matches with each layer's index in the place of its group's and its own; an index of
  /// ``CollapsedName/limit`` or more is none.
  func numbered() -> [NameTable.Match?] {
    let groupSize = groupSize
    return map { match in
      guard var match, match.role.module.layerIndex != nil else { return match }
      let index = match.group * groupSize + (match.inner ?? 0)
      guard index < CollapsedName.limit else { return nil }
      match.role.module = match.role.module.inLayer(index)
      return match
    }
  }
}
