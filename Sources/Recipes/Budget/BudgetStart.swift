import Checkpoints
import Tensors

/// What ways to hold matrices are applied to: a model as it is, or with some of its words gone.
struct BudgetStart: Sendable {
  /// What is done to the model first.
  let steps: [RecipeStep]
  /// Tries ways to hold the matrices of what comes of that.
  let survey: CandidateSurvey
  /// By which ways to hold single matrices are measured: on text as the model as it was has cut it.
  let heldOut: HeldOutLoss
  /// By which files are measured: on the same text as it is cut where words are not in the vocabulary that text to come will not have either.
  let judge: HeldOutLoss

  /// - Parameters:
  ///   - checkpoint: what the steps give.
  ///   - judge: nil for the same as the text that single matrices are measured on.
  init(
    _ steps: [RecipeStep], giving checkpoint: Checkpoint, _ menu: any TreatmentMenu,
    in context: PassContext, heldOut: HeldOutLoss, judge: HeldOutLoss? = nil, log: TrialLog
  ) {
    self.steps = steps
    self.heldOut = heldOut
    self.judge = judge ?? heldOut
    var words = [Int](repeating: 0, count: checkpoint.architecture.vocabulary)
    for sequence in heldOut.sequences {
      for id in sequence.ids where words.indices.contains(Int(id)) { words[Int(id)] += 1 }
    }
    survey = CandidateSurvey(
      checkpoint: checkpoint, menu: menu, context: context, words: words, log: log)
  }

  /// How many words are left; nil for all.
  var keptWords: Int? { survey.checkpoint.keptTokens?.count }

  var layers: Int { survey.checkpoint.architecture.encoder?.layers.count ?? 1 }

  /// The matrices that a budget is shared out among.
  var matrices: [Parameter] { CandidateSurvey.matrices(of: survey.checkpoint) }

  /// What is not shared out: tensors as they are, and the header, guessed.
  var restByteCount: Int {
    let matrices = matrices
    let roles = Set(matrices.map(\.role))
    let tensors = survey.checkpoint.parameters.filter { !roles.contains($0.role) }
    return tensors.reduce(8192) { $0 + $1.storage.byteCount + 200 } + matrices.count * 500
  }

  /// Matrices that are treated alike share a step.
  func recipe(_ treated: [(role: Role, treatment: Treatment)]) throws -> Recipe {
    var order: [Treatment] = []
    var groups: [Treatment: [Role]] = [:]
    for (role, treatment) in treated where !treatment.passes.isEmpty {
      if groups[treatment] == nil { order.append(treatment) }
      groups[treatment, default: []].append(role)
    }
    return Recipe(steps: try steps + order.flatMap { try $0.recipeSteps(for: groups[$0]!) })
  }
}
