import Tensors

/// Markup that is well-formed both as HTML and as XML: text and attributes enter it escaped only.
struct Markup {
  private(set) var source: String

  /// Text, with whatever could be taken for markup escaped.
  static func text(_ text: String) -> Markup { Markup(source: escaped(text)) }

  static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: [Markup] = []
  ) -> Markup {
    let attributes = attributes.map { " \($0)=\"\(escaped($1))\"" }.joined()
    let isVoid = content.isEmpty && voidNames.contains(name)
    let inner = content.map(\.source).joined()
    return Markup(
      source: isVoid ? "<\(name)\(attributes)/>" : "<\(name)\(attributes)>\(inner)</\(name)>")
  }

  static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String
  ) -> Markup {
    element(name, attributes, [.text(text)])
  }

  /// Style sheets, which are the program's own text.
  static func style(_ sheet: StaticString) -> Markup {
    Markup(source: "<style>\n\(sheet)</style>")
  }

  /// Elements that HTML writes without an end, and shapes.
  private static let voidNames: Set<String> = ["meta", "rect", "line", "circle", "path"]

  private static func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      default:
        let isCharacter =
          scalar.properties.generalCategory != .control
          && !scalar.properties.isNoncharacterCodePoint
        result.unicodeScalars.append(isCharacter ? scalar : "\u{FFFD}")
      }
    }
  }
}
