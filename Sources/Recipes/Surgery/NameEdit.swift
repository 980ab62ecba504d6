import Tensors

/// A rule by which tensors get other names: `PATTERN=NAME`.
///
/// A pattern is a glob over whole names, and each `*` of the new name stands for what the star in its place matched; or, between slashes, a
/// regular expression, of which what matches is replaced, `$1` being its first group.
public struct NameEdit: @unchecked Sendable {
  /// As the user wrote it.
  public let text: String
  private let expression: Regex<AnyRegexOutput>
  private let replacement: [Part]
  private let isOverWhole: Bool

  private enum Part: Equatable {
    case text(String)
    case group(Int)
  }

  /// - Throws: ``Failure`` of usage if the rule is not well-formed.
  public init(_ text: String) throws {
    self.text = text
    isOverWhole = !text.hasPrefix("/")
    let divider = isOverWhole ? text.firstRange(of: "=") : text.firstRange(of: "/=")
    guard let divider, divider.lowerBound > text.startIndex else {
      throw Failure(SurgeryReason.badRename(text))
    }
    let (pattern, name) = (text[..<divider.lowerBound], text[divider.upperBound...])
    do {
      expression = try Regex(
        isOverWhole ? Self.expression(ofGlob: pattern) : String(pattern.dropFirst()))
    } catch {
      throw Failure(SurgeryReason.badRename(text))
    }
    replacement = isOverWhole ? Self.parts(ofGlob: name) : Self.parts(ofTemplate: name)
    let stars = pattern.count { $0 == "*" }
    let groups = replacement.compactMap { if case .group(let number) = $0 { number } else { nil } }
    guard !isOverWhole || groups.allSatisfy({ $0 <= stars }) else {
      throw Failure(SurgeryReason.badRename(text))
    }
  }

  /// The new name; nil where the pattern does not match.
  func renamed(_ name: String) -> String? {
    guard
      let match = isOverWhole ? name.wholeMatch(of: expression) : name.firstMatch(of: expression)
    else { return nil }
    let middle = replacement.map { part in
      switch part {
      case .text(let text): text
      case .group(let number):
        number < match.output.count ? match.output[number].substring.map(String.init) ?? "" : ""
      }
    }
    return name[..<match.range.lowerBound] + middle.joined() + name[match.range.upperBound...]
  }

  private static func expression(ofGlob glob: Substring) -> String {
    glob.map { character in
      switch character {
      case "*": "(.*)"
      case "?": "."
      default: character.isLetter || character.isNumber ? "\(character)" : "\\\(character)"
      }
    }.joined()
  }

  private static func parts(ofGlob name: Substring) -> [Part] {
    let texts = name.split(separator: "*", omittingEmptySubsequences: false)
    return texts.enumerated().flatMap { index, text in
      (index > 0 ? [Part.group(index)] : []) + (text.isEmpty ? [] : [.text(String(text))])
    }
  }

  private static func parts(ofTemplate name: Substring) -> [Part] {
    let texts = name.split(separator: "$", omittingEmptySubsequences: false)
    return texts.enumerated().flatMap { index, text -> [Part] in
      guard index > 0 else { return [.text(String(text))] }
      let digits = text.prefix { $0.isASCII && $0.isNumber }
      guard let number = Int(digits) else { return [.text("$" + text)] }
      return [.group(number), .text(String(text.dropFirst(digits.count)))]
    }
  }
}

/// Why tensors cannot be renamed or cut.
package enum SurgeryReason: Reason {
  case badRename(String)
  case badSlice(String)
  case nothingRenamed(String)
  case nothingSliced(String)
  case sameName(String)
  case beyondShape(String, Shape)
  case notWholeBytes

  package var outcome: Outcome { .usage }

  package var description: String {
    switch self {
    case .badRename(let text): "'\(printable(text))' does not say how to rename"
    case .badSlice(let text): "'\(printable(text))' does not say what to cut out"
    case .nothingRenamed(let text): "no tensor's name matches '\(printable(text))'"
    case .nothingSliced(let text): "no tensor matches '\(printable(text))'"
    case .sameName(let name): "two tensors would be named '\(printable(name))'"
    case .beyondShape(let text, let shape):
      "'\(printable(text))' lies not within the shape \(shape)"
    case .notWholeBytes: "elements below a byte cannot be cut apart"
    }
  }

  package var hint: String? {
    switch self {
    case .badRename: "as 'model.*=*' or '/^model\\./='"
    case .badSlice: "as 'embeddings.position=0:128' or 'name:x=:,0:64'"
    default: nil
    }
  }
}
