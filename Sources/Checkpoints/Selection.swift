import Tensors

/// Which tensors a command works on: `--only` and `--except`, of which except wins.
///
/// A pattern is a glob over the role's path; it takes in all that lies below what it matches, so that
/// `encoder.*.attention.query` means the weight and the bias. After `name:` it is held against the
/// file's names; between slashes it is a regular expression.
public struct Selection: Sendable {
  private let only: [Pattern]
  private let except: [Pattern]

  /// - Throws: ``Failure`` of usage if a pattern is not well-formed.
  public init(only: [String] = [], except: [String] = []) throws {
    self.only = try only.map(Pattern.init)
    self.except = try except.map(Pattern.init)
  }

  public var isEverything: Bool { only.isEmpty && except.isEmpty }

  /// Whether a tensor is selected, by its role's path, if it has a role, and its name.
  public func contains(role: String?, name: String) -> Bool {
    func matches(_ pattern: Pattern) -> Bool { pattern.matches(role: role, name: name) }
    return (only.isEmpty || only.contains(where: matches)) && !except.contains(where: matches)
  }
}

/// One pattern of a selection.
private struct Pattern: @unchecked Sendable {
  private enum Matcher {
    case glob([Character])
    case expression(Regex<AnyRegexOutput>)
  }

  private let matcher: Matcher
  private let isOverNames: Bool

  init(_ text: String) throws {
    isOverNames = text.hasPrefix("name:")
    let body = isOverNames ? text.dropFirst(5) : text[...]
    guard !body.isEmpty else { throw Failure(SelectionReason.emptyPattern) }
    if body.count > 1, body.hasPrefix("/"), body.hasSuffix("/") {
      do {
        matcher = .expression(try Regex(String(body.dropFirst().dropLast())))
      } catch {
        throw Failure(SelectionReason.badExpression(text))
      }
    } else {
      matcher = .glob(Array(body))
    }
  }

  func matches(role: String?, name: String) -> Bool {
    guard let subject = isOverNames ? name : role ?? name as String? else { return false }
    switch matcher {
    case .expression(let expression): return subject.firstMatch(of: expression) != nil
    case .glob(let glob):
      return glob.matches(subject)
        || (!isOverNames && prefixes(of: subject).contains(where: glob.matches))
    }
  }

  /// The paths above a path: `a.b` and `a` of `a.b.c`.
  private func prefixes(of path: String) -> [String] {
    path.indices.filter { path[$0] == "." }.map { String(path[..<$0]) }
  }
}

extension [Character] {
  /// Matches a glob of `*` and `?`, in time linear in the product of the lengths.
  fileprivate func matches(_ text: String) -> Bool {
    let text = Array(text)
    var (position, star, mark) = (0, -1, 0)
    var index = 0
    while index < text.count {
      if position < count, self[position] == "*" {
        (star, mark) = (position, index)
        position += 1
      } else if position < count, self[position] == "?" || self[position] == text[index] {
        position += 1
        index += 1
      } else if star >= 0 {
        mark += 1
        (position, index) = (star + 1, mark)
      } else {
        return false
      }
    }
    return self[position...].allSatisfy { $0 == "*" }
  }
}

/// What can be wrong with a selection.
package enum SelectionReason: Reason {
  case emptyPattern
  case badExpression(String)
  case nothingSelected

  package var outcome: Outcome { .usage }

  package var description: String {
    switch self {
    case .emptyPattern: "a pattern is empty"
    case .badExpression(let text): "'\(printable(text))' is not a regular expression"
    case .nothingSelected: "no tensor matches --only and --except"
    }
  }
}
