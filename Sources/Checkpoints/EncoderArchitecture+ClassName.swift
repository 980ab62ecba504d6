extension EncoderArchitecture {
  /// The class of transformers that has this head, such as `BertForTokenClassification`.
  package var className: String {
    let stem =
      switch family {
      case .bert: "Bert"
      case .roberta: "Roberta"
      case .xlmRoberta: "XLMRoberta"
      case .distilbert: "DistilBert"
      case .electra: "Electra"
      case .albert: "Albert"
      }
    switch head {
    case .none: return stem + "Model"
    case .preTraining, .replacedTokenDetection: return stem + "ForPreTraining"
    case .maskedLanguageModel: return stem + "ForMaskedLM"
    case .nextSentence: return stem + "ForNextSentencePrediction"
    case .sequenceClassification: return stem + "ForSequenceClassification"
    case .tokenClassification: return stem + "ForTokenClassification"
    case .questionAnswering: return stem + "ForQuestionAnswering"
    case .multipleChoice: return stem + "ForMultipleChoice"
    }
  }
}
