import Checkpoints
import Documents
import Glibc
import Tensors

extension Checkpoint {
  /// The checkpoint with a head for some labels: its own where that fits, a fresh one otherwise.
  ///
  /// A fresh matrix is drawn from N(0, 0.02²), as the published models' were; biases are 0. Parameters of another head are taken out.
  ///
  /// - Parameters:
  ///   - labels: the classes' names, in the order of their indices; not looked at for answers and masked words.
  ///   - seed: of the numbers drawn; each parameter has a stream of its own.
  /// - Throws: `Failure` where the model has no such head, or there are no labels.
  package func withHead(_ head: Head, labels: [String], seed: UInt64) throws -> Checkpoint {
    let place = Place(file: container.files.first)
    let isLabelled = head != .questionAnswering && head != .maskedLanguageModel
    guard !isLabelled || (1...(1 << 20)).contains(labels.count) else {
      throw Failure(TrainingReason.labels(labels.count), at: place)
    }
    var result = self
    do {
      result.architecture = try architecture.with(head, labels: isLabelled ? labels : nil)
    } catch let failure as Failure { throw failure.within(place) }
    result.configuration = try configured(
      result.architecture.className, labels: isLabelled ? labels : nil)
    let wanted = result.architecture.requirements.filter { $0.role.isOfHead }
    let known = Set(wanted.map(\.role))
    result.parameters.removeAll { parameter in
      guard case .head = parameter.role.module else { return false }
      return !known.contains(parameter.role)
    }
    for requirement in wanted where !requirement.isOptional {
      let shape = requirement.shape(labels: head == .questionAnswering ? 2 : labels.count)
      if let old = result.parameter(requirement.role), old.shape == shape { continue }
      result.parameters.removeAll { $0.role == requirement.role }
      result.parameters.append(.fresh(requirement.role, shape, seed: seed))
    }
    result.parameters.sort { $0.role.order.lexicographicallyPrecedes($1.role.order) }
    result.isRewritten = true
    return result
  }

  private func configured(_ className: String?, labels: [String]?) throws -> Configuration? {
    guard var result = configuration else { return nil }
    if let className {
      result = try result.setting("architectures", to: .array([.string(className)]))
    }
    guard let labels else { return result }
    let names: [(key: String, value: JSON)] = labels.enumerated().map {
      ("\($0)", .string($1))
    }
    let indices: [(key: String, value: JSON)] = labels.enumerated().map { ($1, .integer($0)) }
    result = try result.setting("id2label", to: .object(names))
    return try result.setting("label2id", to: .object(indices))
  }
}

extension Architecture {
  /// The architecture with a head; of a student only the one that its readout is for.
  fileprivate func with(_ head: Head, labels: [String]?) throws -> Architecture {
    switch self {
    case .encoder(var encoder):
      encoder.head = head
      if let labels { encoder.labels = labels }
      return .encoder(encoder)
    case .bilstm(var student):
      student.labels = labels ?? []
      student.classes = student.labels.count
      guard head == student.head else { throw Failure(TrainingReason.noHead(head)) }
      return .bilstm(student)
    case .unknown: throw Failure(TrainingReason.notTrainable)
    }
  }
}

extension Role {
  fileprivate var isOfHead: Bool {
    switch module {
    case .head, .pooler: true
    default: false
    }
  }
}

extension Requirement {
  fileprivate func shape(labels: Int) -> Shape { Shape(lengths.map { $0 ?? labels }) }
}

extension Parameter {
  /// Drawn from N(0, 0.02²) if it is a matrix, 1 if it is the gain of a norm, else 0.
  static func fresh(_ role: Role, _ shape: Shape, seed: UInt64) -> Parameter {
    let isGain = role.kind == .weight && shape.rank == 1
    var values = [Float](repeating: isGain ? 1 : 0, count: shape.elementCount)
    if role.kind == .weight, !isGain {
      var stream = NormalNumbers(
        key: role.description.utf8.reduce(seed) { RandomKeys.mixed($0 ^ UInt64($1)) })
      for index in values.indices { values[index] = 0.02 * stream.next() }
    }
    let bytes = values.withUnsafeBytes { [UInt8]($0) }
    let tensor = Tensor(.f32, shape, source: MemorySource(bytes))
    return Parameter(
      role: role, name: role.description, storage: .dense(tensor), shape: shape, stored: tensor)
  }
}

/// Numbers of the standard normal distribution, by the polar form of Box and Muller's method.
struct NormalNumbers {
  private let key: UInt64
  private var count: UInt64 = 0

  init(key: UInt64) { self.key = key }

  mutating func next() -> Float {
    while true {
      let (u, v) = (uniform(), uniform())
      let square = u * u + v * v
      if square > 0, square < 1 { return Float(u * (-2 * log(square) / square).squareRoot()) }
    }
  }

  /// From −1 to below 1.
  private mutating func uniform() -> Double {
    count += 1
    return Double(RandomKeys.mixed(key &+ RandomKeys.mixed(count)) >> 11) / 4_503_599_627_370_496
      - 1
  }
}
