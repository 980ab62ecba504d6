import Kernels
import Tensors

/// A member's part of one step of the forward pass: some panels, and all rows of a matrix or some.
///
/// With many tokens each member has panels of its own and goes on without waiting; with few, all work
/// on the same panels, each on its rows, and meet after each product.
struct Step {
  let member: Team.Member
  /// Whether members share the panels and divide the rows.
  let sharesPanels: Bool
  /// Of the batch.
  let panels: Range<Int>
  /// In those panels.
  let tokens: Int

  /// This member's part of a matrix's rows, or of their blocks.
  func rows(_ count: Int) -> Range<Int> {
    sharesPanels ? member.share(of: count) : 0..<count
  }

  /// This member's part of the panels, counted from the first of the step, for work on whole columns.
  var columns: Range<Int> {
    sharesPanels ? member.share(of: panels.count) : 0..<panels.count
  }

  /// Where this step's panels begin in buffers that hold a chunk for each member.
  var stage: Int { sharesPanels ? 0 : member.index * Self.chunk }

  /// Waits until all rows of shared panels are there.
  func meet() { if sharesPanels { member.meet() } }
}

extension Step {
  /// The panels of a chunk: enough to make widening weights worth it, few enough to stay in the
  /// second-level cache.
  static let chunk = 8

  /// The steps that a member takes through some tokens.
  static func all(of tokens: Int, for member: Team.Member) -> [Step] {
    let panels = Activations.panels(tokens: tokens)
    func step(_ range: Range<Int>, sharesPanels: Bool) -> Step {
      let width = Activations.panelWidth
      return Step(
        member: member, sharesPanels: sharesPanels, panels: range,
        tokens: min(tokens, range.upperBound * width) - range.lowerBound * width)
    }
    if shares(panels: panels, among: member.count) {
      return [step(0..<panels, sharesPanels: true)]
    }
    let mine = member.share(of: panels)
    return stride(from: mine.lowerBound, to: mine.upperBound, by: chunk).map {
      step($0..<min($0 + chunk, mine.upperBound), sharesPanels: false)
    }
  }

  /// Whether there are so few panels that members had better share them.
  private static func shares(panels: Int, among members: Int) -> Bool {
    members > 1 && panels < 4 * members
  }

  /// The panels of buffers that hold a chunk for each member, or all panels that members share.
  static func stagePanels(for members: Int) -> Int { members * max(chunk, 4) }
}
