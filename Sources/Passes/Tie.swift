import Checkpoints
import Documents
import Tensors

/// Stores once what two parameters hold alike, where the model's files have a way to say it: they leave the second out.
///
/// That is the decoder of a masked language model, which is the word embedding (Press and Wolf, "Using the output embedding to
/// improve language models", 2017), and the second name of its bias. Equal is equal to the byte in the same type. Other parameters that are equal
/// are named and stay.
package struct Tie: Pass {
  package static let declaration = PassDeclaration(
    name: "tie",
    summary: "Finds parameters with equal values and stores them once.",
    discussion: """
      The decoder of a masked language model is left out of a file where it is equal to the word embedding, byte for byte, as is the second \
      copy of its bias. Other equal parameters, which no reader would look for elsewhere, are named and kept.
      """, options: [])

  package init(_ arguments: PassArguments) throws {}

  /// Which parameter may stand for which.
  private static let pairs = [
    (Role(.head(.maskedDecoder), .weight), Role(.embedding(.word), .weight)),
    (Role(.head(.maskedDecoderCopy), .bias), Role(.head(.maskedDecoder), .bias)),
  ]

  package func apply(to checkpoint: Checkpoint, in context: PassContext) throws -> Checkpoint {
    var tied: [Role: Role] = [:]
    var differing: [Role] = []
    var isTied = false
    for (role, owner) in Self.pairs {
      guard let parameter = checkpoint.parameter(role), let original = checkpoint.parameter(owner)
      else { continue }
      if case .shared = parameter.storage {
        isTied = true
      } else if try original.hasEqualValues(as: parameter) {
        tied[role] = owner
      } else {
        differing.append(role)
      }
    }
    guard isTied || !tied.isEmpty else {
      let why =
        differing.isEmpty
        ? "the model has no two parameters that a file could hold once"
        : "\(differing.map(\.description).joined(separator: " and ")) differs from what it could be tied with"
      throw Failure(PassReason.unfit(pass: Self.declaration.name, why: why))
    }
    var result = try checkpoint.replacing { parameter in
      guard let owner = tied[parameter.role] else { return nil }
      var second = parameter
      second.storage = .shared(with: owner)
      return second
    }
    if !tied.isEmpty, checkpoint.configuration?.document["tie_word_embeddings"] == .bool(false) {
      result.configuration = try checkpoint.configuration?.setting(
        "tie_word_embeddings", to: true)
    }
    result.diagnostics += try result.equalParameters()
    return result
  }
}

extension Checkpoint {
  /// Notes on matrices that are equal and that nothing can tie.
  fileprivate func equalParameters() throws -> [Diagnostic] {
    var seen: [String: Parameter] = [:]
    var notes: [Diagnostic] = []
    for parameter in parameters where parameter.storage.kind != .shared && parameter.shape.rank > 1
    {
      let fingerprint = try parameter.fingerprint()
      guard let first = seen[fingerprint] else {
        seen[fingerprint] = parameter
        continue
      }
      notes.append(
        Diagnostic(
          .note, .tie, "\(parameter.role) is equal to \(first.role), with which no file can tie it",
          tensor: parameter.name))
    }
    return notes
  }
}

extension Parameter {
  /// By which equal values of one shape are known.
  fileprivate func fingerprint() throws -> String {
    var fingerprint = Fingerprint()
    fingerprint.combine("\(storage) \(shape)")
    for tensor in storage.tensors {
      for piece in tensor.source.pieces {
        try tensor.source.withBytes(piece) { fingerprint.combine($0) }
      }
    }
    return fingerprint.text
  }

  /// Whether two parameters hold the same numbers in the same type.
  fileprivate func hasEqualValues(as other: Parameter) throws -> Bool {
    guard shape == other.shape, elementType == other.elementType else { return false }
    let ours = storage.tensor(of: shape, as: elementType)
    let theirs = other.storage.tensor(of: other.shape, as: other.elementType)
    do {
      return try ours.hasEqualBytes(as: theirs)
    } catch let failure as Failure {
      throw failure.within(Place(tensor: other.name))
    }
  }
}
