import Tensors

/// The values that a pass's options are given, each checked against its declaration.
public struct PassArguments: Sendable, Equatable {
  /// In the order of the declaration; none of them empty.
  public private(set) var values: [(option: String, values: [String])]

  /// - Throws: ``Failure`` of usage for an option that the pass does not have, with a suggestion, and for a value that
  ///   its option does not take.
  public init(of declaration: PassDeclaration, _ given: [(option: String, values: [String])]) throws
  {
    var found: [String: [String]] = [:]
    for (name, values) in given {
      guard let option = declaration.options.first(where: { $0.name == name }) else {
        throw Failure(
          PassReason.unknownOption(
            name, pass: declaration.name, known: declaration.options.map(\.name)))
      }
      guard found[name] == nil || option.takesSeveral else {
        throw Failure(PassReason.repeated(option: name))
      }
      found[name, default: []] += try option.checked(values)
    }
    values = declaration.options.compactMap { option in
      found[option.name].map { (option.name, $0) }
    }
  }

  public static func == (left: PassArguments, right: PassArguments) -> Bool {
    left.values.elementsEqual(right.values) { $0.option == $1.option && $0.values == $1.values }
  }

  /// The same arguments with another value of an option that is given.
  public func replacing(_ name: String, with value: String) -> PassArguments {
    var result = self
    for (index, entry) in values.enumerated() where entry.option == name {
      result.values[index].values = [value]
    }
    return result
  }

  public func texts(_ name: String) -> [String] { values.first { $0.option == name }?.values ?? [] }
  public func text(_ name: String) -> String? { texts(name).first }
  public func number(_ name: String) -> Double? { text(name).flatMap(Double.init) }
  public func integer(_ name: String) -> Int? { text(name).flatMap { Int($0) } }
  public func flag(_ name: String) -> Bool { text(name) == "true" }

  /// One number, or several, in the order given.
  public func integers(_ name: String) -> [Int]? {
    text(name).map { $0.split(separator: ",").compactMap { Int($0) } }
  }

  /// Whether statistics are given, or text to measure them on.
  public var haveStatistics: Bool {
    text(PassOption.statistics.name) != nil || text(PassOption.calibration.name) != nil
  }

  /// The parameters that `only` and `except` select.
  public func selection() throws -> Selection {
    try Selection(only: texts("only"), except: texts("except"))
  }
}

extension PassOption {
  fileprivate var takesSeveral: Bool {
    if case .texts = kind { true } else { false }
  }

  /// Values as they are kept: a list of numbers is one text.
  fileprivate func checked(_ values: [String]) throws -> [String] {
    if case .integers = kind { return [try admitted(values.joined(separator: ","))] }
    guard takesSeveral || values.count == 1 else {
      throw Failure(
        PassReason.badValue(
          option: name, value: values.joined(separator: ","), expected: kind.expected))
    }
    return try values.map(admitted)
  }

  private func admitted(_ value: String) throws -> String {
    guard kind.admits(value) else {
      throw Failure(
        PassReason.badValue(option: name, value: value, expected: kind.expected))
    }
    return value
  }
}
