import Glibc
import Kernels
import Tensors

/// The sizes of all scratch memory of a pass of a student over a batch.
struct RecurrentPlan: Equatable {
  var tokens: Int
  /// Tokens, or sequences, whose states are gone on with.
  var read: Int
  var members: Int
  var embedding: Int
  /// Of each direction.
  var hidden: Int
  /// Floats of what inputs give the gates of one direction, and of a state, in the order of the blocks.
  var inputCount: Int
  var stateCount: Int
  /// The greatest width of a stage, of an intermediate product, and of what is quantized.
  var stage: Int
  var inner: Int
  var quantized: Int

  /// Whether memory that was planned for this serves another batch too.
  func holds(_ other: RecurrentPlan) -> Bool {
    tokens >= other.tokens && read >= other.read && members == other.members
  }
}

/// The scratch memory of a pass of a student: one block, planned once for each shape of batch.
final class RecurrentWorkspace: @unchecked Sendable {
  let plan: RecurrentPlan
  private let memory: UnsafeMutableRawPointer
  private let offsets: [Int]

  private enum Buffer: Int, CaseIterable {
    case embedded, gates, arranged, read, states, first, second, inner, quantized
  }

  /// - Throws: ``Failure`` where there is not so much memory.
  init(_ plan: RecurrentPlan) throws {
    self.plan = plan
    var offsets: [Int] = []
    var size = 0
    for buffer in Buffer.allCases {
      offsets.append(size)
      size += (Self.byteCount(buffer, plan) + 127) & ~63
    }
    self.offsets = offsets
    var start: UnsafeMutableRawPointer?
    guard posix_memalign(&start, 64, size) == 0, let start else {
      throw Failure(ScratchReason.noMemory(size))
    }
    memory = start
    // What fills up the last block of units stays zero.
    memset(memory + offsets[Buffer.arranged.rawValue], 0, Self.byteCount(.arranged, plan))
  }

  deinit { free(memory) }

  private static func byteCount(_ buffer: Buffer, _ plan: RecurrentPlan) -> Int {
    func floats(_ panels: Int, _ features: Int) -> Int {
      panels * features * Activations.panelWidth * MemoryLayout<Float>.stride
    }
    let (panels, stage) = (
      Activations.panels(tokens: plan.tokens), Step.stagePanels(for: plan.members)
    )
    return switch buffer {
    case .embedded: floats(panels, plan.embedding)
    case .gates: floats(panels, 2 * RecurrentWeights.gates * plan.hidden)
    case .arranged: 2 * plan.tokens * plan.inputCount * MemoryLayout<Float>.stride
    case .read: floats(Activations.panels(tokens: plan.read), 2 * plan.hidden)
    case .states: plan.members * plan.memberStateCount * MemoryLayout<Float>.stride
    case .first, .second: floats(stage, plan.stage)
    case .inner: floats(stage, plan.inner)
    case .quantized: plan.members * quantizedStride(plan)
    }
  }

  private static func quantizedStride(_ plan: RecurrentPlan) -> Int {
    guard plan.quantized > 0 else { return 0 }
    let bytes = QuantizedActivations.byteCount(
      features: plan.quantized, panels: Step.stagePanels(for: 1))
    // One for a map's input, one for what is within factorized maps.
    return 2 * ((bytes + 63) & ~63)
  }

  private func start(_ buffer: Buffer) -> UnsafeMutableRawPointer {
    memory + offsets[buffer.rawValue]
  }

  private func floats(_ buffer: Buffer) -> UnsafeMutablePointer<Float> {
    start(buffer).assumingMemoryBound(to: Float.self)
  }

  private func activations(_ buffer: Buffer, _ features: Int) -> Activations {
    Activations(base: floats(buffer), panelStride: features * Activations.panelWidth)
  }
}

extension RecurrentPlan {
  /// The floats of the states and cells that a member works on: of each sequence of a group the state before, that after, and
  /// the cells.
  var memberStateCount: Int { 3 * RecurrentWeights.stepWidth * stateCount }
}

extension RecurrentWorkspace {
  var embedded: Activations { activations(.embedded, plan.embedding) }
  /// What inputs give the gates: of the forward direction, then of the backward one.
  var gates: Activations { activations(.gates, 2 * RecurrentWeights.gates * plan.hidden) }
  /// Of the tokens, or sequences, that are gone on with: forward, then backward states.
  var read: Activations { activations(.read, 2 * plan.hidden) }

  /// What a token's inputs give the gates of a direction, in the order of the blocks.
  func arranged(_ direction: Int, token: Int) -> UnsafeMutablePointer<Float> {
    floats(.arranged) + (direction * plan.tokens + token) * plan.inputCount
  }

  func states(_ member: Team.Member) -> UnsafeMutablePointer<Float> {
    floats(.states) + member.index * plan.memberStateCount
  }

  func stages(_ step: Step) -> StageScratch {
    StageScratch(
      first: activations(.first, plan.stage).dropping(panels: step.stage),
      second: activations(.second, plan.stage).dropping(panels: step.stage),
      quantized: quantized(step, half: 0), linear: linear(step))
  }

  func linear(_ step: Step) -> LinearScratch {
    LinearScratch(
      inner: activations(.inner, plan.inner).dropping(panels: step.stage),
      quantized: quantized(step, half: 1))
  }

  func quantized(_ step: Step) -> UnsafeMutableRawBufferPointer { quantized(step, half: 0) }

  /// A member's own part; that of all where members share panels.
  private func quantized(_ step: Step, half: Int) -> UnsafeMutableRawBufferPointer {
    let stride = Self.quantizedStride(plan) / 2
    let all = plan.members * stride
    let base = start(.quantized) + half * all
    return step.sharesPanels
      ? UnsafeMutableRawBufferPointer(start: base, count: all)
      : UnsafeMutableRawBufferPointer(start: base + step.member.index * stride, count: stride)
  }
}
