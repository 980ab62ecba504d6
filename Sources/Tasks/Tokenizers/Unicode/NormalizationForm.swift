/// The normalization forms of Unicode (UAX #15), with each scalar's change from the text before.
enum NormalizationForm {
  case nfd, nfc, nfkd, nfkc

  fileprivate var isCompatible: Bool { self == .nfkd || self == .nfkc }
  fileprivate var composes: Bool { self == .nfc || self == .nfkc }
}

extension NormalizedText {
  /// Brings the text into a normalization form.
  mutating func normalize(to form: NormalizationForm) {
    guard scalars.contains(where: { Decomposition.isTouched($0, form) }) else { return }
    var decomposition = Decomposition(isCompatible: form.isCompatible, capacity: bytes.count)
    for scalar in scalars { decomposition.append(scalar) }
    let changes = decomposition.finish()
    transform(form.composes ? composed(changes) : changes)
  }

  /// Composes what follows a starter with it, unless something of the same class or none stands between.
  private func composed(_ changes: [Change]) -> [Change] {
    var output: [Change] = []
    output.reserveCapacity(changes.count)
    var starter: Int?
    var lastClass: UInt8?
    for change in changes {
      let number = Composition.shared.combiningClass(of: change.scalar)
      guard let place = starter else {
        if number == 0 { starter = output.count }
        output.append(change)
        continue
      }
      let isBlocked = lastClass.map { $0 >= number } ?? false
      if !isBlocked, let both = Composition.shared.compose(output[place].scalar, change.scalar) {
        output[place] = Change(both, output[place].change + change.change - 1)
        continue
      }
      if number == 0 {
        (starter, lastClass) = (output.count, nil)
      } else {
        lastClass = number
      }
      output.append(change)
    }
    return output
  }
}

/// Scalars decomposed and their marks in canonical order.
private struct Decomposition {
  private let isCompatible: Bool
  private var changes: [NormalizedText.Change] = []
  /// The combining classes of the marks at the end, which are not yet in order.
  private var pending: [UInt8] = []

  init(isCompatible: Bool, capacity: Int) {
    self.isCompatible = isCompatible
    changes.reserveCapacity(capacity)
  }

  /// Whether a text with the scalar may not be in the form.
  static func isTouched(_ scalar: Unicode.Scalar, _ form: NormalizationForm) -> Bool {
    guard !scalar.isASCII else { return false }
    let decomposable: ScalarClass =
      form.isCompatible ? .hasCompatibilityDecomposition : .hasCanonicalDecomposition
    let all: ScalarClass = [decomposable, .hasCombiningClass]
    return !ScalarClass(of: scalar).isDisjoint(with: all) || Hangul.isSyllable(scalar)
      || form.composes
  }

  mutating func append(_ scalar: Unicode.Scalar) {
    if scalar.isASCII { return push(scalar, 0) }
    if Hangul.isSyllable(scalar) {
      for (index, letter) in Hangul.decompose(scalar).enumerated() { push(letter, index) }
    } else if let parts = decomposed(scalar) {
      for (index, part) in parts.enumerated() { push(part, index) }
    } else {
      push(scalar, 0)
    }
  }

  private func decomposed(_ scalar: Unicode.Scalar) -> ArraySlice<Unicode.Scalar>? {
    let flags = ScalarClass(of: scalar)
    if isCompatible, flags.contains(.hasCompatibilityDecomposition),
      let parts = ScalarMapping.compatibilityDecomposition[scalar]
    {
      return parts
    }
    return flags.contains(.hasCanonicalDecomposition)
      ? ScalarMapping.canonicalDecomposition[scalar] : nil
  }

  private mutating func push(_ scalar: Unicode.Scalar, _ index: Int) {
    let hasClass = ScalarClass(of: scalar).contains(.hasCombiningClass)
    if hasClass {
      pending.append(Composition.shared.combiningClass(of: scalar))
    } else {
      sortPending()
    }
    changes.append(.init(scalar, index > 0 ? 1 : 0))
  }

  private mutating func sortPending() {
    defer { pending.removeAll(keepingCapacity: true) }
    guard pending.count > 1 else { return }
    let start = changes.count - pending.count
    // Stable: marks of one class keep their order.
    let order = pending.indices.sorted { (pending[$0], $0) < (pending[$1], $1) }
    changes.replaceSubrange(start..., with: order.map { changes[start + $0] })
  }

  mutating func finish() -> [NormalizedText.Change] {
    sortPending()
    return changes
  }
}
