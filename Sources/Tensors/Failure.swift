/// What went wrong, where, and what lay under it.
///
/// Library code throws this and never prints; the reason comes from one of the closed lists that
/// conform to ``Reason``.
public struct Failure: Error, Sendable {
  public var reason: any Reason
  public var place: Place
  public var cause: (any Error)?

  public init(_ reason: any Reason, at place: Place = Place(), cause: (any Error)? = nil) {
    self.reason = reason
    self.place = place
    self.cause = cause
  }

  /// The same failure with those parts of the place filled in that it left open.
  public func within(_ outer: Place) -> Failure {
    var failure = self
    failure.place.file = place.file ?? outer.file
    failure.place.offset = place.offset ?? outer.offset
    failure.place.tensor = place.tensor ?? outer.tensor
    return failure
  }
}

/// Where something went wrong, as far as it is known.
public struct Place: Sendable, Equatable {
  public var file: String?
  /// In bytes from the start of the file.
  public var offset: Int?
  public var tensor: String?

  public init(file: String? = nil, offset: Int? = nil, tensor: String? = nil) {
    self.file = file
    self.offset = offset
    self.tensor = tensor
  }
}

/// A closed list of the things that can go wrong in one part of the program.
///
/// Descriptions are in lower case, without a full stop, and say what was expected and what was found.
public protocol Reason: Sendable, CustomStringConvertible {
  var outcome: Outcome { get }
  /// What to do about it, where the mistake is predictable.
  var hint: String? { get }
}

extension Reason {
  public var outcome: Outcome { .badInput }
  public var hint: String? { nil }
}

/// How a failure ends the program; the raw value is the exit code.
public enum Outcome: Int32, Sendable {
  case checkFailed = 1
  case usage = 2
  /// Unreadable, corrupt or unsupported.
  case badInput = 3
  case outputNotWritten = 4
}

extension Failure: CustomStringConvertible {
  /// One line: the place, the reason, and the reasons under it.
  public var description: String {
    var parts: [String] = []
    if let file = place.file { parts.append(printable(file)) }
    if let tensor = place.tensor { parts.append("tensor '\(printable(tensor))'") }
    if let offset = place.offset { parts.append("at byte \(offset)") }
    parts.append(reason.description)
    if let cause { parts.append("\(cause)") }
    return parts.joined(separator: ": ")
  }
}

/// Text from a file made fit for a terminal: control characters are escaped, very long text is cut.
package func printable(_ text: String) -> String {
  let limit = 300
  var result = ""
  for scalar in text.unicodeScalars.prefix(limit) {
    if scalar.properties.generalCategory == .control || scalar.properties.isBidiControl {
      result += "\\u{" + String(scalar.value, radix: 16) + "}"
    } else {
      result.unicodeScalars.append(scalar)
    }
  }
  return text.unicodeScalars.count > limit ? result + "…" : result
}
