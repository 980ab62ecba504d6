import Checkpoints
import Tensors

/// Takes parameters out of a checkpoint, by their roles, as they are trained; what is asked for twice is the same parameter.
final class TrainableParameterReader {
  private let parameters: [Role: Parameter]
  private let file: String?
  private(set) var read: [Role: TrainableStorage] = [:]
  /// The roles whose parameter is multiplied with as a whole, besides being looked up.
  private let tiesWords: Bool

  init(_ checkpoint: Checkpoint) {
    parameters = Dictionary(
      checkpoint.parameters.map { ($0.role, $0) }, uniquingKeysWith: { first, _ in first })
    file = checkpoint.container.files.first
    let head = checkpoint.architecture.encoder?.head
    let decodes = head == .maskedLanguageModel || head == .preTraining
    tiesWords = decodes && Self.owner(of: Self.decoder, parameters) != Self.decoder
  }

  private static let words = Role(.embedding(.word), .weight)
  private static let decoder = Role(.head(.maskedDecoder), .weight)

  /// The role whose values a role has; the decoder's are those of the words unless it is stored.
  private static func owner(of role: Role, _ parameters: [Role: Parameter]) -> Role {
    var role = role == decoder && parameters[decoder] == nil ? words : role
    for _ in 0..<8 {
      guard case .shared(let other)? = parameters[role]?.storage else { break }
      role = other
    }
    return role
  }

  func has(_ module: Module) -> Bool { parameters[Role(module, .weight)] != nil }

  /// A matrix; with any number of rows where that is nil.
  func matrix(
    _ wanted: Role, rows: Int?, columns: Int, isLookedUp: Bool = false
  ) throws -> TrainableStorage {
    let role = Self.owner(of: wanted, parameters)
    guard let parameter = parameters[role] else {
      throw Failure(TrainingReason.missing(wanted), at: Place(file: file))
    }
    let place = Place(file: file, tensor: parameter.name)
    let shape = parameter.shape
    guard shape.rank == 2, shape[0] == rows ?? shape[0], shape[0] > 0, shape[1] == columns,
      columns > 0
    else {
      throw Failure(
        TrainingReason.shape(
          wanted, found: shape, expected: "[\(rows.map(String.init) ?? "any"), \(columns)]"),
        at: place)
    }
    if let known = read[role] { return known }
    do {
      let storage = try TrainableStorage(
        parameter.storage, .init(role), rows: shape[0], columns: columns,
        isLookedUp: isLookedUp && !(role == Self.words && tiesWords))
      read[role] = storage
      return storage
    } catch let failure as Failure { throw failure.within(place) }
  }

  /// A bias, or the gain of a norm.
  func vector(_ wanted: Role, count: Int) throws -> TrainableParameter {
    let role = Self.owner(of: wanted, parameters)
    guard let parameter = parameters[role] else {
      throw Failure(TrainingReason.missing(wanted), at: Place(file: file))
    }
    let place = Place(file: file, tensor: parameter.name)
    guard parameter.shape.elementCount == count else {
      throw Failure(
        TrainingReason.shape(wanted, found: parameter.shape, expected: "[\(count)]"), at: place)
    }
    if case .whole(let known)? = read[role] { return known }
    do {
      let values = try FloatBuffer(try parameter.storage.values(of: [count]))
      guard values.elements.allSatisfy(\.isFinite) else { throw Failure(TrainingReason.notFinite) }
      let vector = TrainableParameter(
        .init(role), rows: 1, columns: count, values: values,
        gradient: .dense(try FloatBuffer(count: count)))
      read[role] = .whole(vector)
      return vector
    } catch let failure as Failure { throw failure.within(place) }
  }

  func linear(_ module: Module, rows: Int?, columns: Int) throws -> TrainableLinear {
    let weight = try matrix(Role(module, .weight), rows: rows, columns: columns)
    let height = rows ?? parameters[Role(module, .weight)]?.shape[0] ?? 0
    return TrainableLinear(
      weight: weight, bias: try vector(Role(module, .bias), count: height))
  }

  func decoder(vocabulary: Int, width: Int) throws -> TrainableLinear {
    TrainableLinear(
      weight: try matrix(Self.decoder, rows: vocabulary, columns: width),
      bias: try vector(Role(.head(.maskedDecoder), .bias), count: vocabulary))
  }

  func norm(_ module: Module, width: Int, epsilon: Float) throws -> TrainableNorm {
    TrainableNorm(
      gain: try vector(Role(module, .weight), count: width),
      bias: try vector(Role(module, .bias), count: width), epsilon: epsilon)
  }

  func table(_ part: EmbeddingModule, rows: Int, width: Int) throws -> TrainableStorage {
    try matrix(
      Role(.embedding(part), .weight), rows: rows, columns: width, isLookedUp: part == .word)
  }
}
