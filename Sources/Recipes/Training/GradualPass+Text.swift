import Checkpoints
import Tensors
import Training

extension GradualPass {
  /// Reads `SCHEDULE: PASS OPTION=VALUE …`, as `cubic every=50 by=taylor: shrink heads=2`.
  ///
  /// - Throws: ``Failure`` of usage that says what is not understood.
  package init(_ text: String) throws {
    guard let colon = text.firstIndex(of: ":") else { throw Failure(GradualReason.noColon(text)) }
    let step = try RecipeStep(argument: String(text[text.index(after: colon)...]))
    guard let type = step.type as? any Pass.Type else {
      throw Failure(TrainingRequestReason.trainingStep(step.name))
    }
    try self.init(String(text[..<colon]), type: type, step.arguments)
  }
}
