import Checkpoints
import Tensors

/// Some of the scripts of the Unicode standard, by its names or their short forms (`Latin`, `Latn`); case is no matter.
///
/// What belongs to no script in particular, such as digits and punctuation, and marks, which take on the script of what they stand
/// on, is admitted by all.
struct Scripts: @unchecked Sendable {
  // Regex is immutable, though it does not say that it is Sendable.
  private let expressions: [Regex<AnyRegexOutput>]
  private var known: [Unicode.Scalar: Bool] = [:]

  /// - Throws: ``Failure`` of usage if there is no such script.
  init(_ names: [String]) throws {
    expressions = try (["Common", "Inherited"] + names).map { name in
      let isName =
        !name.isEmpty
        && name.unicodeScalars.allSatisfy {
          $0.isASCII && ($0.properties.isAlphabetic || $0 == "_")
        }
      guard isName, let expression = try? Regex("\\p{Script=\(name)}") else {
        throw Failure(
          PassReason.badValue(
            option: "scripts", value: name,
            expected: "names of Unicode scripts, such as latin or greek"))
      }
      return expression
    }
  }

  /// Whether every character of a text is of one of the scripts, or of none.
  mutating func contain(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { contain($0) }
  }

  private mutating func contain(_ scalar: Unicode.Scalar) -> Bool {
    if let isKnown = known[scalar] { return isKnown }
    let text = String(scalar)
    let isContained = expressions.contains { text.firstMatch(of: $0) != nil }
    known[scalar] = isContained
    return isContained
  }
}
