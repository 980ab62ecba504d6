import Checkpoints
import Encoders
import Passes
import Tasks
import Tensors

extension BudgetSolver {
  /// The same candidates for the model without the words that were never read; words, which are fewer then, are tried again.
  ///
  /// - Parameter progress: told of the numbers that were gone through.
  /// - Returns: nil where words may not go, or hardly any would.
  package func withoutUnreadWords(
    _ candidates: BudgetCandidates, progress: Progress? = nil
  ) throws -> BudgetCandidates? {
    guard let start = try startWithoutUnreadWords(candidates.start.steps) else { return nil }
    let known = Dictionary(
      candidates.ofMatrices.compactMap { own in own.first.map { ($0.role, own) } },
      uniquingKeysWith: { first, _ in first })
    let changed = start.matrices.filter {
      known[$0.role]?.first?.elements != $0.shape.elementCount
    }
    let tried = try start.survey.run(over: changed, progress: progress)
    let estimated = try LossSurvey(survey: start.survey, heldOut: start.heldOut)
      .estimate(tried, progress: nil)
    let own = Dictionary(
      zip(changed.map(\.role), estimated), uniquingKeysWith: { first, _ in first })
    return BudgetCandidates(
      from: start, ofMatrices: start.matrices.compactMap { own[$0.role] ?? known[$0.role] })
  }

  /// Whether words may go: nothing tells what they are worth to models that say something of each of them.
  private var mayTrim: Bool {
    request.methods.contains(.trim) && request.speedup == nil && whole.heldOut.isOfTexts
  }

  /// Files are measured on text whose words that occur once in all that was read are cut as words are that do not occur: they are to text
  /// that was read what new words are to text that is to come (Good, "The population frequencies of species and the estimation of population parameters",
  /// 1953).
  private func startWithoutUnreadWords(_ steps: [RecipeStep]) throws -> BudgetStart? {
    guard mayTrim, let vocabulary = try? TokenizerVocabulary(folder: model.folder),
      let read = try trimmed(by: vocabulary, minimumCount: 1),
      let common = try trimmed(by: vocabulary, minimumCount: 2),
      let kept = read.checkpoint.keptTokens, let keptOfCommon = common.checkpoint.keptTokens,
      kept.count * 16 <= model.checkpoint.architecture.vocabulary * 15
    else { return nil }
    let numbers = TokenRenumbering(keeping: kept)
    let sequences = whole.heldOut.sequences.renumbered { numbers[$0] }
    let foreseen = ForeseenVocabularies()
    let folder = try foreseen.holding(model.holding(common.checkpoint)).folder
    let cut = try withExtendedLifetime(foreseen) {
      try calibration.heldOut(cutBy: Tokenizer(folder: folder))
    }.renumbered { keptOfCommon.indices.contains($0) ? numbers[keptOfCommon[$0]] : nil }
    guard let sequences, let cut else { return nil }
    let context = context(openVocabulary: { vocabulary })
    let checkpoint = try Recipe(steps: [read.step] + steps).run(
      on: model.checkpoint, in: context
    ).checkpoint
    return BudgetStart(
      [read.step] + steps, giving: checkpoint,
      Self.menu(request, statistics.keeping(tokens: kept), of: checkpoint), in: context,
      heldOut: whole.heldOut.reading(sequences), judge: whole.heldOut.reading(cut), log: log)
  }

  /// The model with the words that occur so often; nil where the files of its vocabulary cannot be rewritten.
  private func trimmed(
    by vocabulary: TokenizerVocabulary, minimumCount: Int
  ) throws -> (step: RecipeStep, checkpoint: Checkpoint)? {
    let step = try RecipeStep(
      Trim.declaration.name,
      [("statistics", [request.statisticsPath]), ("minimum-count", ["\(minimumCount)"])])
    do {
      let context = context(openVocabulary: { vocabulary })
      return (step, try Recipe(steps: [step]).run(on: model.checkpoint, in: context).checkpoint)
    } catch let failure as Failure {
      guard failure.reason.outcome == .badInput else { throw failure }
      return nil
    }
  }
}

extension [TokenSequence] {
  /// The same with other numbers; nil where a token has none.
  fileprivate func renumbered(_ number: (Int) -> Int?) -> [TokenSequence]? {
    var result = self
    for (index, sequence) in enumerated() {
      let ids = sequence.ids.compactMap { number(Int($0)).map(Int32.init) }
      guard ids.count == sequence.count else { return nil }
      result[index].ids = ids
    }
    return result
  }
}
