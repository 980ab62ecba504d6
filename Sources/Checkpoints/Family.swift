/// A kind of model, by the name that `model_type` in config.json has for it.
public enum Family: Hashable, Sendable {
  case encoder(EncoderFamily)
  case bilstm

  public static let all: [Family] = EncoderFamily.allCases.map(Family.encoder) + [.bilstm]

  public init?(modelType: String) {
    guard let family = Self.all.first(where: { $0.name == modelType }) else { return nil }
    self = family
  }

  public var name: String {
    switch self {
    case .encoder(let family): family.rawValue
    case .bilstm: "bilstm"
    }
  }

  public var encoder: EncoderFamily? {
    if case .encoder(let family) = self { family } else { nil }
  }
}
