import Checkpoints
import Passes
import Recipes
import Tensors
import TestSupport
import Testing

@testable import Training

/// The text of a pass that is called while a model is trained.
@Suite struct GradualPassTests {
  @Test func readsScheduleMeasureAndPass() throws {
    let pass = try GradualPass(
      "cubic from=0.45 end=60% every=50 by=taylor: prune sparsity=0.9 pattern=4x1")
    #expect(pass.measure == .taylor && pass.hold == nil)
    #expect(pass.schedule.shape == .cubic && pass.schedule.first == 0.5 && pass.schedule.last == 1)
    #expect(pass.schedule.end == .share(0.6) && pass.schedule.every == .steps(50))
    #expect(pass.arguments.number("sparsity") == 0.9)
    let second = try GradualPass(
      "constant start=10 by=second-order block=8 gradients=64 damping=1e-5 rounds=3: prune sparsity=0.5"
    )
    #expect(second.curvature.size == 8 && second.curvature.gradients == 64)
    #expect(second.curvature.damping == 1e-5 && second.curvature.rounds == 3)
    #expect(try GradualPass("constant start=1e hold=2e: quantize bits=4").hold == .epochs(2))
  }

  @Test(arguments: [
    ("prune sparsity=0.9", "a colon"), ("steep: prune sparsity=0.9", "steep"),
    ("cubic by=luck: prune sparsity=0.9", "taylor"), ("cubic to=0.5: prune sparsity=0.9", "to"),
    ("cubic from=0.95: prune sparsity=0.9", "0.95"), ("cubic: quantize bits=8", "does not grow"),
    ("constant: trim positions=16", "not applied while"),
    ("cubic hold=5: prune sparsity=0.5", "hold"),
    ("cubic from=0.5: shrink heads=1", "from"),
    ("cubic by=second-order: shrink heads=1", "second-order"),
    ("cubic block=8: prune sparsity=0.5", "block"), ("cubic: prun sparsity=0.5", "prun"),
    ("cubic: shrink keep-layers=0", "keep-layers"), ("linear: prune pattern=2:4", "2:4"),
    ("cubic by=taylor by=taylor: prune sparsity=0.5", "by"),
  ])
  func refuses(_ text: String, _ what: String) throws {
    do {
      let pass = try GradualPass(text)
      _ = try pass.pass(
        at: 0.5, from: try Model.open(Places.sample("bert-tiny")).checkpoint, isMeasured: false)
      Issue.record("'\(text)' is read")
    } catch let failure as Failure {
      #expect(failure.reason.outcome == .usage)
      #expect("\(failure)".contains(what), "\(failure)")
    }
  }

  /// ROSITA's width of BERT-base: twelve heads to two, 3072 neurons to 512, rank 768 to 128, in ten equal steps.
  @Test func shrinksInEqualSteps() throws {
    let origin = try Model.open(Places.sample("bert-tiny")).checkpoint
    let encoder = try #require(origin.architecture.encoder)
    let (heads, neurons) = (encoder.layers[0].heads ?? 0, encoder.layers[0].intermediate)
    let whole = try PassArguments(
      of: Shrink.declaration, [("heads", ["1"]), ("intermediate", ["\(neurons / 4)"])])
    let half = try #require(try Shrink.arguments(whole, at: 0.5, from: origin))
    #expect(half.integers("heads") == [Int((Double(heads + 1) / 2).rounded())])
    #expect(half.integers("intermediate") == [neurons * 5 / 8])
    #expect(try Shrink.arguments(whole, at: 1, from: origin) == whole)
  }
}
