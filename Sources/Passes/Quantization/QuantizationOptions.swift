import Checkpoints
import Kernels
import Tensors

/// How the numbers are chosen that values are rounded to.
enum QuantizationMethod: String, CaseIterable {
  case uniform, gptq, kmeans, product, step

  /// The options that mean something to this method alone, or to few.
  fileprivate var options: Set<String> {
    switch self {
    case .uniform:
      ["bits", "per", "group-size", "block", "asymmetric", "statistics", "calibration", "repair"]
    case .gptq:
      [
        "bits", "per", "group-size", "asymmetric", "step", "statistics", "calibration", "repair",
        "damping", "sensitivity-power",
      ]
    case .kmeans: ["bits", "statistics", "calibration", "repair"]
    case .product: ["subvector", "entries"]
    case .step:
      [
        "step", "right-step", "dead-zone", "frequency-power", "statistics", "calibration", "repair",
      ]
    }
  }

  fileprivate var scaleType: ElementType {
    switch self {
    case .uniform, .gptq: .f32
    case .kmeans, .product: .f16
    case .step: .bf16
    }
  }
}

/// What the pass `quantize` was asked for.
struct QuantizationOptions {
  let method: QuantizationMethod
  private let bits: Int
  private let granularity: QuantizationScheme.Granularity
  private let isSymmetric: Bool
  private let step: Double
  private let rightStep: Double
  private let sensitivityPower: Double
  private let deadZone: Double
  /// Whether GPTQ rounds to multiples of a step, and not to so many numbers.
  private let isStepped: Bool
  private let subvector: Int
  private let entries: Int
  private let scales: ScaleRounding

  /// - Throws: ``Failure`` of usage for options that belong to another method, or contradict one another.
  init(_ arguments: PassArguments) throws {
    method = arguments.text("method").flatMap(QuantizationMethod.init(rawValue:)) ?? .uniform
    let others = QuantizationMethod.allCases.reduce(into: Set()) { $0.formUnion($1.options) }
      .subtracting(method.options)
    if let foreign = arguments.values.first(where: { others.contains($0.option) }) {
      throw Failure(PassReason.conflict(foreign.option, "method \(method.rawValue)"))
    }
    // Nothing else goes by them.
    if method == .step, arguments.haveStatistics, arguments.number("frequency-power") == nil,
      !BiasRepair.isAsked(arguments)
    {
      throw Failure(PassReason.conflict("statistics", "method step"))
    }
    if method == .gptq, !arguments.haveStatistics {
      throw Failure(PassReason.missing(option: "statistics", pass: Quantize.declaration.name))
    }
    bits = arguments.integer("bits") ?? 8
    granularity = try Self.granularity(arguments)
    isSymmetric = !arguments.flag("asymmetric")
    step = arguments.number("step") ?? 0.8
    rightStep = arguments.number("right-step") ?? step
    sensitivityPower = arguments.number("sensitivity-power") ?? 0
    deadZone = arguments.number("dead-zone") ?? 0
    isStepped = method == .gptq && arguments.number("step") != nil
    if isStepped,
      let other = ["bits", "per", "group-size", "asymmetric"].first(where: {
        arguments.text($0) != nil
      })
    {
      throw Failure(PassReason.conflict(other, "step"))
    }
    if !isStepped, sensitivityPower > 0 {
      throw Failure(PassReason.missing(option: "step", pass: Quantize.declaration.name))
    }
    subvector = arguments.integer("subvector") ?? 4
    entries = arguments.integer("entries") ?? 256
    let type = arguments.text("scale-dtype").flatMap(ElementType.init(rawValue:))
    scales = ScaleRounding(type ?? (isStepped ? .bf16 : method.scaleType))
  }

  private static func granularity(
    _ arguments: PassArguments
  ) throws -> QuantizationScheme.Granularity {
    let (group, block) = (arguments.integer("group-size"), arguments.text("block"))
    if group != nil, block != nil { throw Failure(PassReason.conflict("group-size", "block")) }
    let implied = block != nil ? "block" : group != nil ? "group" : nil
    let kind = arguments.text("per") ?? implied ?? "row"
    if let implied, implied != kind {
      throw Failure(
        PassReason.conflict("per \(kind)", implied == "block" ? "block" : "group-size"))
    }
    switch kind {
    case "tensor": return .tensor
    case "group": return .group(group ?? 128)
    case "block":
      guard let block else {
        throw Failure(PassReason.missing(option: "block", pass: Quantize.declaration.name))
      }
      let lengths = block.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
      guard lengths.count == 2, let rows = lengths[0], let columns = lengths[1],
        (1...65536).contains(rows), (1...65536).contains(columns)
      else {
        throw Failure(
          PassReason.badValue(
            option: "block", value: block, expected: "rows and columns such as 32x32"))
      }
      return .block(rows: rows, columns: columns)
    default: return .axis(0)
    }
  }

  /// Whether steps go by how far scores move with what a row gives.
  var isBySensitivity: Bool { sensitivityPower > 0 }

  /// The bits of codes at equal distances on both sides of zero, and whether each row has a distance of its own rather than all
  /// the same; nil where numbers are chosen otherwise.
  var symmetricSteps: (bits: Int, isPerRow: Bool)? {
    guard method == .uniform, isSymmetric, scales.type == .f32 else { return nil }
    switch granularity {
    case .tensor: return (bits, false)
    case .axis(0): return (bits, true)
    default: return nil
    }
  }

  /// The matrix as codes, which are worked out when they are asked for.
  ///
  /// - Parameter part: of a product, `left` or `right`.
  /// - Throws: ``Failure`` naming the tensor if the method does not fit it.
  func quantized(_ matrix: QuantizableMatrix, part: String?, threads: Int) throws -> Storage {
    switch method {
    case .uniform:
      try matrix.uniform(
        bits: bits, granularity: granularity, isSymmetric: isSymmetric, scales: scales)
    case .gptq where isStepped:
      try matrix.compensatedRowStep(
        factor: step, steps: scales, sensitivityPower: sensitivityPower)
    case .gptq:
      try matrix.compensated(
        bits: bits, granularity: granularity, isSymmetric: isSymmetric, scales: scales)
    case .kmeans: try matrix.codebook(bits: bits, entries: scales)
    case .product:
      try matrix.product(width: subvector, count: entries, entries: scales, threads: threads)
    case .step:
      matrix.rowStep(
        factor: part == "right" ? rightStep : step, multipliers: matrix.multipliers,
        deadZone: part == "right" ? 0 : deadZone, steps: scales)
    }
  }
}
