/// How a text is brought into the form that the vocabulary is written in.
indirect enum Normalizer {
  case bert(BERTNormalizer)
  case form(NormalizationForm)
  case lowercase
  case sequence([Normalizer])

  func apply(to text: inout NormalizedText) {
    switch self {
    case .bert(let normalizer): normalizer.normalize(&text)
    case .form(let form): text.normalize(to: form)
    case .lowercase: text.lowercase()
    case .sequence(let parts): for part in parts { part.apply(to: &text) }
    }
  }
}
