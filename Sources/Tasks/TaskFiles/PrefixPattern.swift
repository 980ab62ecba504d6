import Tensors

/// A regular expression that is held against the front of words.
///
/// It is a ``Pattern``, of the kind that tokenizers split text with; a leading `^` says what holds
/// anyway.
public struct PrefixPattern: Sendable, Equatable {
  public let text: String
  private let pattern: Pattern

  /// - Throws: ``Failure`` of usage if the text is no pattern.
  public init(_ text: String) throws {
    self.text = text
    let body = text.first == "^" ? text.dropFirst() : Substring(text)
    do {
      pattern = try Pattern("^(?:\(body))")
    } catch {
      throw Failure(PrefixPatternReason.notAPattern(text, error.what))
    }
  }

  public static func == (left: PrefixPattern, right: PrefixPattern) -> Bool {
    left.text == right.text
  }

  /// The text without what the pattern matches at its front.
  func strip(_ text: String) -> String {
    var text = text
    return text.withUTF8 { bytes in
      var end = 0
      pattern.matches(bytes, 0..<bytes.count) { if $0.lowerBound == 0 { end = $0.upperBound } }
      return String(decoding: bytes[end...], as: UTF8.self)
    }
  }
}

/// Why a text is no pattern.
enum PrefixPatternReason: Reason {
  case notAPattern(String, String)

  var outcome: Outcome { .usage }

  var description: String {
    switch self {
    case .notAPattern(let text, let what):
      "'\(printable(text))' is not a pattern that is understood: \(what)"
    }
  }

  var hint: String? { "such as '^[a-z]+:'" }
}
