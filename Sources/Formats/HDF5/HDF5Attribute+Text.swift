import Documents

extension HDF5Attribute {
  /// The value as text, arrays as JSON; nil where it has none.
  var text: String? {
    let values: [JSON]
    switch value {
    case .none: return nil
    case .strings(let strings):
      if space == .scalar, let only = strings.first { return only }
      values = strings.map(JSON.string)
    case .signed(let numbers): values = numbers.map { .integer(Int($0)) }
    case .unsigned(let numbers):
      values = numbers.map { Int(exactly: $0).map(JSON.integer) ?? .number(Double($0)) }
    case .floats(let numbers): values = numbers.map { $0.isFinite ? .number($0) : .string("\($0)") }
    }
    if space == .scalar, let only = values.first { return only.string ?? only.text() }
    return JSON.array(values).text()
  }
}

extension [HDF5Attribute] {
  subscript(name: String) -> HDF5Attribute? { first { $0.name == name } }

  /// A list of names as Keras stores them: in one attribute, or in `name0`, `name1` … where they
  /// are too long for one (`load_attributes_from_hdf5_group`); nil if there is neither.
  ///
  /// An empty list is an array of no floats: numpy makes that of it.
  func names(_ name: String) -> [String]? {
    if let whole = self[name] { return whole.names }
    var names: [String]?
    var index = 0
    while let part = self["\(name)\(index)"], let some = part.names {
      names = (names ?? []) + some
      index += 1
    }
    return names
  }

  /// Those that belong to a list of names.
  func isPart(_ attribute: HDF5Attribute, of name: String) -> Bool {
    attribute.name == name
      || attribute.name.hasPrefix(name)
        && attribute.name.dropFirst(name.count).allSatisfy(\.isNumber)
  }
}

extension HDF5Attribute {
  fileprivate var names: [String]? {
    guard case .simple(let lengths) = space, lengths.count == 1 else { return nil }
    switch value {
    case .strings(let names): return names
    case .floats(let none) where none.isEmpty: return []
    default: return nil
    }
  }
}
