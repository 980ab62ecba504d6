import Checkpoints
import Tensors

extension NameReading {
  /// Decides what tensors are whose role another tensor has: copies where the bytes are equal.
  ///
  /// A word embedding that differs, in the place where the decoder of a masked language model has its
  /// own, is that decoder's weight. Others that differ have no role.
  mutating func settleCopies() throws -> [Diagnostic] {
    var diagnostics: [Diagnostic] = []
    for rival in rivals {
      let parameter = rival.parameter
      guard let owner = parameters[parameter.role] else { continue }
      if try owner.hasEqualValues(as: parameter) {
        copies.append(
          StoredCopy(parameter.role, name: parameter.name, tensor: parameter.stored))
        continue
      }
      let decoder = Role(.head(.maskedDecoder), .weight)
      let isDecoder = rival.isCopy && parameter.role == .wordEmbedding
      if isDecoder, parameters[decoder] == nil {
        parameters[decoder] = parameter.playing(decoder)
        continue
      }
      unmapped.append(NamedTensor(parameter.name, parameter.stored))
      diagnostics.append(
        Diagnostic(
          .warning, .brokenTie,
          "differs from '\(printable(owner.name))', which is \(parameter.role) too",
          tensor: parameter.name))
    }
    rivals = []
    return diagnostics + copyDiagnostics
  }

  private var copyDiagnostics: [Diagnostic] {
    guard !copies.isEmpty else { return [] }
    let count = copies.count == 1 ? "1 tensor is" : "\(copies.count) tensors are"
    let names = listing(copies.map(\.name))
    return [Diagnostic(.note, .tie, "\(count) stored twice, with equal bytes: \(names)")]
  }

  /// Finds out whether the decoder of a masked language model shares its weight with the word
  /// embedding, and its two biases with one another: if both are stored, with equal bytes.
  ///
  /// Where only the second of a pair is stored, as where a writer kept the first name of shared memory
  /// by the alphabet, it stands for both.
  mutating func settleTies() throws -> [Diagnostic] {
    let bias = Role(.head(.maskedDecoder), .bias)
    return try settleTie(Role(.head(.maskedDecoder), .weight), with: .wordEmbedding)
      + settleTie(Role(.head(.maskedDecoderCopy), .bias), with: bias)
  }

  private mutating func settleTie(_ role: Role, with owner: Role) throws -> [Diagnostic] {
    guard let tied = parameters[role] else { return [] }
    guard let original = parameters[owner] else {
      parameters[role] = nil
      parameters[owner] = tied.playing(owner)
      return [
        Diagnostic(.note, .tie, "stands for \(owner), which is not stored", tensor: tied.name)
      ]
    }
    guard try original.hasEqualValues(as: tied) else {
      return [
        Diagnostic(
          .warning, .brokenTie,
          "\(role) differs from '\(printable(original.name))', with which it is usually tied",
          tensor: tied.name)
      ]
    }
    parameters[role]?.storage = .shared(with: owner)
    return [
      Diagnostic(.note, .tie, "\(role) is tied to '\(printable(original.name))'", tensor: tied.name)
    ]
  }
}

extension Role {
  static let wordEmbedding = Role(.embedding(.word), .weight)
}

extension Parameter {
  fileprivate func playing(_ role: Role) -> Parameter {
    var parameter = self
    parameter.role = role
    return parameter
  }

  /// Whether two parameters have the same type, shape and bytes, in the same orientation.
  fileprivate func hasEqualValues(as other: Parameter) throws -> Bool {
    let isSameLayout = layout == other.layout
    let ours = isSameLayout ? stored : storage.tensor(of: shape, as: elementType)
    let theirs =
      isSameLayout ? other.stored : other.storage.tensor(of: other.shape, as: other.elementType)
    do {
      return try ours.hasEqualBytes(as: theirs)
    } catch let failure as Failure {
      throw failure.within(Place(tensor: other.name))
    }
  }
}
