import Checkpoints
import Tensors

extension Dialect {
  /// The names of tensors once wholes have been taken apart (``Dialect/packings``).
  func unpacked(_ names: [String]) -> [String] {
    guard !packings.isEmpty else { return names }
    return names.flatMap { partNames(of: $0) ?? [$0] }
  }

  /// The container with wholes taken apart, which is said; those that cannot be stay as they are.
  func unpacked(_ container: Container) -> Container {
    guard !packings.isEmpty else { return container }
    let present = Set(container.tensors.map(\.name))
    var names: [String] = []
    var unpacked = container
    unpacked.tensors = container.tensors.flatMap { tensor -> [NamedTensor] in
      guard let parts = partNames(of: tensor.name), present.isDisjoint(with: parts),
        let tensors = tensor.divided(as: parts)
      else { return [tensor] }
      names.append(tensor.name)
      return tensors
    }
    guard !names.isEmpty else { return container }
    unpacked.diagnostics.append(
      Diagnostic(
        .note, .unpacked, "several parameters in one tensor, taken apart: \(listing(names))"))
    return unpacked
  }

  private func partNames(of name: String) -> [String]? {
    packings.lazy.compactMap { $0.partNames(of: name) }.first
  }
}
