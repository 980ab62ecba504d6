import Checkpoints
import Kernels

/// The second moments of what a linear is fed, as calibration has measured them; read when they are needed.
struct LinearInputs: Sendable {
  /// The share of the mean diagonal that is added to the diagonal, unless told otherwise: as SparseGPT and GPTQ have it.
  static let usualDamping = 0.01

  static let dampingOption = PassOption(
    "damping", .number(0...100),
    "How far to distrust what linears were seen to be fed: the share of the mean second moment that is added to every feature's. More brings the result nearer to plain rounding or magnitude.",
    valueName: "share", standard: "0.01")

  private let statistics: Statistics
  private let role: Role
  let width: Int
  private let isCentred: Bool
  private let damping: Double

  /// - Parameter arguments: say whether biases make up for the mean, and how moments are damped.
  init(
    of role: Role, width: Int, _ statistics: Statistics, _ arguments: PassArguments
  ) {
    (self.statistics, self.role, self.width) = (statistics, role, width)
    isCentred = BiasRepair.isAsked(arguments)
    damping = arguments.number(Self.dampingOption.name) ?? Self.usualDamping
  }

  /// Σ x·xᵀ `[width, width]`, around the mean where biases make up for that; nil where it was not measured.
  func gram() throws -> [Float]? {
    try isCentred
      ? statistics.centredGram(role, width: width) : statistics.gram(role, width: width)
  }

  /// What sweeps over columns go by; nil where nothing was measured.
  func curvature() throws -> InputCurvature? {
    let key = "curvature of \(statistics.gramOwner(role)) \(isCentred) \(damping)"
    return try statistics.remembering(key, byteCount: width * width * 4) {
      try gram().map { try InputCurvature(gram: $0, size: width, damping: damping) }
    }
  }
}
