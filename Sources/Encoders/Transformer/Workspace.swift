import Glibc
import Kernels
import Tensors

/// The sizes of all scratch memory of a forward pass over a batch of some shape.
struct WorkspacePlan: Equatable {
  /// Of the batch, and of the tokens that the last layer goes on with.
  var panels: Int
  var selectedPanels: Int
  var longest: Int
  var members: Int
  var widths: Widths

  /// The greatest number of features that each kind of buffer holds.
  struct Widths: Equatable {
    var hidden = 0
    var embedding = 0
    var attention = 0
    var intermediate = 0
    var headWidth = 0
    /// Of intermediate products within factorized maps.
    var inner = 0
    /// Of the stages of a head.
    var head = 0
    /// Of inputs of integer products, and of factorized maps within those.
    var quantized = 0
    var quantizedInner = 0
  }
}

/// The scratch memory of a forward pass: one block, planned once for each shape of batch.
final class Workspace: @unchecked Sendable {
  let plan: WorkspacePlan
  private let memory: UnsafeMutableRawPointer
  private let offsets: [Buffer: Int]

  private enum Buffer: CaseIterable {
    case embedded, hidden, query, keyValue, context, branch, selected, intermediate, inner
    case headFirst, headSecond, attention, quantized, quantizedInner
  }

  /// - Throws: ``Failure`` where there is not so much memory.
  init(_ plan: WorkspacePlan) throws {
    self.plan = plan
    var offsets: [Buffer: Int] = [:]
    var size = 0
    for buffer in Buffer.allCases {
      offsets[buffer] = size
      size += (Self.byteCount(buffer, plan) + 127) & ~63
    }
    self.offsets = offsets
    var start: UnsafeMutableRawPointer?
    guard posix_memalign(&start, 64, size) == 0, let start else {
      throw Failure(ScratchReason.noMemory(size))
    }
    memory = start
  }

  deinit { free(memory) }

  private static func byteCount(_ buffer: Buffer, _ plan: WorkspacePlan) -> Int {
    let widths = plan.widths
    func floats(_ panels: Int, _ features: Int) -> Int {
      panels * features * Activations.panelWidth * MemoryLayout<Float>.stride
    }
    let stage = Step.stagePanels(for: plan.members)
    return switch buffer {
    case .embedded: floats(plan.panels, widths.embedding)
    case .hidden, .branch: floats(plan.panels, widths.hidden)
    case .query, .context: floats(plan.panels, widths.attention)
    case .keyValue: floats(plan.panels, 2 * widths.attention)
    case .selected: floats(plan.selectedPanels, widths.hidden)
    case .intermediate: floats(stage, widths.intermediate)
    case .inner: floats(stage, widths.inner)
    case .headFirst, .headSecond: floats(stage, widths.head)
    case .attention: plan.members * attentionStride(plan) * MemoryLayout<Float>.stride
    case .quantized: plan.members * quantizedStride(widths.quantized)
    case .quantizedInner: plan.members * quantizedStride(widths.quantizedInner)
    }
  }

  private static func attentionStride(_ plan: WorkspacePlan) -> Int {
    let count = Attention.scratchCount(
      keys: plan.longest, headWidth: plan.widths.headWidth)
    return (count + 15) & ~15
  }

  private static func quantizedStride(_ features: Int) -> Int {
    guard features > 0 else { return 0 }
    let bytes = QuantizedActivations.byteCount(
      features: features, panels: Step.stagePanels(for: 1))
    return (bytes + 63) & ~63
  }

  private func activations(_ buffer: Buffer, _ features: Int) -> Activations {
    Activations(
      base: (memory + offsets[buffer]!).assumingMemoryBound(to: Float.self),
      panelStride: features * Activations.panelWidth)
  }
}

extension Workspace {
  /// The sum of the embeddings, where its width is not the encoder's.
  var embedded: Activations { activations(.embedded, plan.widths.embedding) }
  var hidden: Activations { activations(.hidden, plan.widths.hidden) }
  var query: Activations { activations(.query, plan.widths.attention) }
  /// Keys, then values, of the attention width that the plan has.
  var keys: Activations { activations(.keyValue, 2 * plan.widths.attention) }
  var values: Activations { keys.dropping(features: plan.widths.attention) }
  var context: Activations { activations(.context, plan.widths.attention) }
  var branch: Activations { activations(.branch, plan.widths.hidden) }
  /// Of the tokens that the last layer goes on with.
  var selected: Activations { activations(.selected, plan.widths.hidden) }

  func intermediate(_ step: Step) -> Activations {
    activations(.intermediate, plan.widths.intermediate).dropping(panels: step.stage)
  }

  func stages(_ step: Step) -> StageScratch {
    StageScratch(
      first: activations(.headFirst, plan.widths.head).dropping(panels: step.stage),
      second: activations(.headSecond, plan.widths.head).dropping(panels: step.stage),
      quantized: quantized(step), linear: linear(step))
  }

  func attention(_ member: Team.Member) -> UnsafeMutablePointer<Float> {
    (memory + offsets[.attention]!).assumingMemoryBound(to: Float.self)
      + member.index * Self.attentionStride(plan)
  }

  func quantized(_ step: Step) -> UnsafeMutableRawBufferPointer {
    buffer(.quantized, stride: Self.quantizedStride(plan.widths.quantized), step)
  }

  func linear(_ step: Step) -> LinearScratch {
    LinearScratch(
      inner: activations(.inner, plan.widths.inner).dropping(panels: step.stage),
      quantized: buffer(
        .quantizedInner, stride: Self.quantizedStride(plan.widths.quantizedInner), step))
  }

  /// A member's own part; the whole where members share panels.
  private func buffer(_ buffer: Buffer, stride: Int, _ step: Step) -> UnsafeMutableRawBufferPointer
  {
    let start = memory + offsets[buffer]!
    return step.sharesPanels
      ? UnsafeMutableRawBufferPointer(start: start, count: plan.members * stride)
      : UnsafeMutableRawBufferPointer(start: start + step.member.index * stride, count: stride)
  }
}
