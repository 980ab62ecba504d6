import Checkpoints
import Documents
import Tensors

/// A container as the tensors of a folder of compressed-tensors, and the `quantization_config` that goes with them.
struct CompressedFolder {
  /// With the parts of composed weights in their places.
  let container: Container
  private let weights: [WrittenWeight]
  private let sparsity: Sparsity
  /// Modules whose matrices are nothing but tensors.
  private let dense: [String]
  private let layout: WrittenWeight.Layout

  /// How much is kept, over all sparse weights.
  private struct Sparsity {
    var kept = 0
    var all = 0
  }

  init(_ source: Container) throws {
    let survivors = source.tensors.compactMap(Survivors.init)
    layout =
      survivors.isEmpty
      ? .current
      : WrittenWeight.Layout(
        isOld: true, isTwoOfFour: try survivors.allSatisfy { try $0.isTwoOfFour() })
    sparsity = survivors.reduce(into: Sparsity()) { sum, survivors in
      sum.kept += survivors.counts.kept
      sum.all += survivors.counts.all
    }
    var weights: [WrittenWeight] = []
    var dense: [String] = []
    var tensors: [NamedTensor] = []
    for tensor in source.tensors {
      if let weight = WrittenWeight(tensor, in: layout) {
        weights.append(weight)
        tensors += weight.parts
      } else {
        tensors.append(tensor.asDense)
        if tensor.tensor.shape.rank == 2, tensor.name.hasSuffix(".weight") {
          dense.append(String(tensor.name.dropLast(".weight".count)))
        }
      }
    }
    var names: Set<String> = []
    if let clash = tensors.first(where: { !names.insert($0.name).inserted }) {
      throw Failure(FormatReason.duplicateOutputName, at: Place(tensor: clash.name))
    }
    self.weights = weights
    self.dense = dense
    var container = source
    container.tensors = tensors
    self.container = container
  }

  /// What config.json must say; nil where no weight is composed.
  var configuration: JSON? {
    guard !weights.isEmpty else { return nil }
    let groups = groups
    var members: [(key: String, value: JSON)] = [("config_groups", .object(groups.members))]
    members += [
      ("format", .string(groups.format)), ("global_compression_ratio", .null),
      ("ignore", .array(dense.map(JSON.string))), ("kv_cache_scheme", .null),
    ]
    if groups.members.isEmpty { members = [] }
    members.append(("quant_method", "compressed-tensors"))
    if !groups.members.isEmpty { members.append(("quantization_status", "compressed")) }
    members += [
      ("sparsity_config", sparsityConfiguration), ("transform_config", .object([])),
      ("version", layout.isOld ? "0.14.0" : "0.18.0"),
    ]
    return .object(members)
  }

  /// A group for each scheme, its targets in the order of the tensors.
  private var groups: (members: [(key: String, value: JSON)], format: String) {
    var schemes: [(scheme: WrittenWeight.Scheme, targets: [String])] = []
    for weight in weights {
      guard let scheme = weight.scheme else { continue }
      if let index = schemes.firstIndex(where: { $0.scheme == scheme }) {
        schemes[index].targets.append(weight.module)
      } else {
        schemes.append((scheme, [weight.module]))
      }
    }
    let formats = Set(schemes.map { $0.scheme.format })
    let members = schemes.enumerated().map { index, group in
      (key: "group_\(index)", value: group.scheme.configuration(of: group.targets))
    }
    return (members, formats.count == 1 ? formats.first! : "mixed-precision")
  }

  private var sparsityConfiguration: JSON {
    guard sparsity.all > 0 else { return .object([]) }
    let share = 1 - Double(sparsity.kept) / Double(sparsity.all)
    return [
      "format": layout.isTwoOfFour ? "sparse-24-bitmask" : "sparse-bitmask",
      "global_sparsity": .number((share * 10_000).rounded() / 10_000),
      "ignore": [],
      "sparsity_structure": layout.isTwoOfFour ? "2:4" : "unstructured",
      "targets": .array(weights.filter(\.isSparse).map { .string($0.module) }),
    ]
  }
}

extension Survivors {
  fileprivate init?(_ tensor: NamedTensor) {
    guard case .sparse(let mask, let values) = tensor.storage, tensor.name.hasSuffix(".weight")
    else { return nil }
    self.init(mask, values, of: tensor.tensor.shape)
  }
}

extension WrittenWeight.Scheme {
  fileprivate var format: String { isPacked ? "pack-quantized" : "int-quantized" }

  fileprivate func configuration(of targets: [String]) -> JSON {
    var weights: [(key: String, value: JSON)] = []
    if case .block(let rows, let columns) = strategy {
      weights.append(("block_structure", [.integer(rows), .integer(columns)]))
    }
    weights.append(("dynamic", false))
    if case .group(let size) = strategy { weights.append(("group_size", .integer(size))) }
    weights += [
      ("num_bits", .integer(bits)), ("strategy", .string(strategy.name)),
      ("symmetric", .bool(isSymmetric)), ("type", "int"),
    ]
    return [
      "format": .string(format), "input_activations": nil, "output_activations": nil,
      "targets": .array(targets.map(JSON.string)), "weights": .object(weights),
    ]
  }
}

extension QuantizationGroup.Strategy {
  fileprivate var name: String {
    switch self {
    case .tensor: "tensor"
    case .channel: "channel"
    case .group: "group"
    case .block: "block"
    }
  }
}
