import Checkpoints
import Tensors

/// Every naming scheme that `pare` knows, in the order in which they are tried.
public enum DialectList {
  public static let all: [any Dialect] =
    families.map(HuggingFacePyTorch.init) + families.map(HuggingFaceTensorFlow.init)
    + [
      KerasHubBERT(), GoogleBERT(), ModelGardenBERT(), FairseqRoBERTa(), GGUFBERT(),
      CTranslate2Encoder(),
    ]
    + [BiLSTMPyTorch(), BiLSTMTensorFlow(), BiLSTMKeras()]

  private static let families: [HuggingFaceFamily] = [
    .bert, .roberta, .distilbert, .electra, .albert,
  ]
}

/// Finds the dialect of a container, and with it what its tensors are.
public enum Dialects {
  /// The dialect of that name.
  public static func named(_ name: String) throws -> any Dialect {
    guard let dialect = DialectList.all.first(where: { $0.name == name }) else {
      throw Failure(DialectReason.unknown(name, known: DialectList.all.map(\.name)))
    }
    return dialect
  }

  /// The dialect in which models of a family usually stand in containers of a style, if there is one.
  public static func usual(for family: Family, style: NameStyle) -> (any Dialect)? {
    DialectList.all.first { $0.families.contains(family) && $0.styles.first == style }
  }
}

/// Why a dialect is refused.
package enum DialectReason: Reason {
  case unknown(String, known: [String])

  package var outcome: Outcome { .usage }

  package var description: String {
    switch self {
    case .unknown(let name, let known):
      "unknown dialect '\(printable(name))'; known are \(known.joined(separator: ", "))"
    }
  }
}
