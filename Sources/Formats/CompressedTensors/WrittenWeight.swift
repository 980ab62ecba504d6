import Checkpoints
import Tensors

/// The tensors by which compressed-tensors holds a composed weight, and what its configuration says of it.
struct WrittenWeight {
  let module: String
  let parts: [NamedTensor]
  /// Nil where the values are not quantized.
  let scheme: Scheme?
  let isSparse: Bool

  /// What a group of `config_groups` says, but for its targets.
  struct Scheme: Equatable {
    var bits: Int
    var strategy: QuantizationGroup.Strategy
    var isSymmetric: Bool
    var isPacked: Bool
  }

  /// - Precondition: ``CompressedTensorsFormat/holds(_:of:)``.
  init?(_ tensor: NamedTensor, in layout: Layout) {
    let suffix = ".weight"
    let shape = tensor.tensor.shape
    guard let storage = tensor.storage, tensor.name.hasSuffix(suffix) else { return nil }
    module = String(tensor.name.dropLast(suffix.count))
    let prefix = module
    func part(_ name: String, _ tensor: Tensor) -> NamedTensor {
      NamedTensor("\(prefix).\(name)", tensor)
    }
    switch storage {
    case .quantized(let codes, let scheme):
      guard let integers = UniformCodes(codes, scheme, of: shape) else { return nil }
      self.scheme = integers.scheme(isPacked: integers.bits < 8)
      isSparse = false
      parts = integers.parts(in: layout).map(part)
    case .sparse(let mask, let values):
      guard let survivors = Survivors(mask, values, of: shape) else { return nil }
      scheme = survivors.integers?.scheme(isPacked: false)
      isSparse = true
      parts = survivors.parts(in: layout).map(part)
    default: return nil
    }
  }

  /// How the weights of a folder are laid out, which its configuration says of all of them at once.
  struct Layout: Equatable {
    /// Sparse weights were dropped in 0.15; what holds any is written as the last version that reads them does.
    var isOld: Bool
    /// Whether all masks keep two of every four.
    var isTwoOfFour: Bool

    /// What is written where nothing is sparse.
    static let current = Layout(isOld: false, isTwoOfFour: false)

    func packing(_ bits: Int) -> WordPacking { isOld ? .perWord(bits) : .dense(bits) }
  }
}
