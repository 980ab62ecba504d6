/// What models of all families have; of an unknown one nothing.
extension Architecture {
  public var family: Family? {
    switch self {
    case .encoder(let encoder): .encoder(encoder.family)
    case .bilstm: .bilstm
    case .unknown: nil
    }
  }

  public var head: Head {
    switch self {
    case .encoder(let encoder): encoder.head
    case .bilstm(let student): student.head
    case .unknown: .none
    }
  }

  /// The names of the classes, in the order of the classifier's rows.
  public var labels: [String] {
    switch self {
    case .encoder(let encoder): encoder.labels
    case .bilstm(let student): student.labels
    case .unknown: []
    }
  }

  /// How many words the model knows.
  public var vocabulary: Int {
    switch self {
    case .encoder(let encoder): encoder.vocabulary
    case .bilstm(let student): student.vocabulary
    case .unknown: 0
    }
  }

  /// The parameters of a model of this architecture.
  public var requirements: [Requirement] {
    switch self {
    case .encoder(let encoder): encoder.requirements
    case .bilstm(let student): student.requirements
    case .unknown: []
    }
  }

  /// The class that `architectures` in config.json names.
  package var className: String? {
    switch self {
    case .encoder(let encoder): encoder.className
    case .bilstm(let student): student.className
    case .unknown: nil
    }
  }

  /// The same architecture with a vocabulary of another size.
  package func holding(vocabulary: Int) -> Architecture {
    switch self {
    case .encoder(var encoder):
      encoder.vocabulary = vocabulary
      return .encoder(encoder)
    case .bilstm(var student):
      student.vocabulary = vocabulary
      return .bilstm(student)
    case .unknown: return self
    }
  }
}
