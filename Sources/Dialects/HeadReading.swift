import Checkpoints

extension Head {
  /// The head that parameters make up. Where they make up several, as a classifier may be of
  /// sequences or of tokens, the name of the model's class decides, else what the family's usual
  /// classifiers have: the one of sequences a pooler or a dense layer of its own.
  init(of parameters: [Role: Parameter], family: EncoderFamily, className: String?) {
    func has(_ modules: HeadModule...) -> Bool {
      modules.contains { module in
        Role.Kind.allCases.contains { parameters[Role(.head(module), $0)] != nil }
      }
    }
    var candidates: [Head] = []
    if has(.discriminator, .discriminatorDense) { candidates.append(.replacedTokenDetection) }
    switch (has(.maskedTransform, .maskedNorm, .maskedDecoder), has(.nextSentence)) {
    case (true, true): candidates.append(.preTraining)
    case (true, false): candidates.append(.maskedLanguageModel)
    case (false, true): candidates.append(.nextSentence)
    case (false, false): break
    }
    if has(.questionAnswering) { candidates.append(.questionAnswering) }
    if has(.classifier) {
      let isOfSequences =
        switch family {
        case .bert, .albert: parameters[Role(.pooler, .weight)] != nil
        case .roberta, .xlmRoberta, .distilbert, .electra: has(.classifierDense)
        }
      candidates += [isOfSequences ? .sequenceClassification : .tokenClassification]
      candidates += [.sequenceClassification, .tokenClassification, .multipleChoice]
    }
    let named = className.flatMap { Head(className: $0, family: family) }
    self = candidates.first { $0 == named } ?? candidates.first ?? .none
  }

  /// The head of a class of Hugging Face's, such as `BertForTokenClassification`.
  private init?(className: String, family: EncoderFamily) {
    let endings: [(String, Head)] = [
      ("ForPreTraining", family == .electra ? .replacedTokenDetection : .preTraining),
      ("ForMaskedLM", .maskedLanguageModel),
      ("ForNextSentencePrediction", .nextSentence),
      ("ForSequenceClassification", .sequenceClassification),
      ("ForTokenClassification", .tokenClassification),
      ("ForQuestionAnswering", .questionAnswering),
      ("ForMultipleChoice", .multipleChoice),
    ]
    guard let head = endings.first(where: { className.hasSuffix($0.0) })?.1 else { return nil }
    self = head
  }
}
