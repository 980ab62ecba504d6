import Checkpoints
import Documents
import Tensors

/// Takes whole parts off a model: its head, one of the two of pre-training, its pooler; and what a file carries that is no
/// parameter.
package struct Drop: Pass {
  package static let declaration = PassDeclaration(
    name: "drop",
    summary: "Removes heads, the pooler, buffers and tensors that are not understood.",
    discussion: """
      What is asked for must be there. The pooler stays where the model's head reads it. config.json names the class that is left.
      """,
    options: [
      PassOption("head", .flag, "Remove all that stands on the encoder."),
      PassOption("mlm", .flag, "Remove the masked language model."),
      PassOption(
        "nsp", .flag, "Remove the prediction of the next sentence, or of the sentences' order."),
      PassOption("pooler", .flag, "Remove the pooler."),
      PassOption("buffers", .flag, "Remove buffers, such as position ids."),
      PassOption("unmapped", .flag, "Remove tensors that are not understood."),
    ])

  private let parts: Set<String>

  package init(_ arguments: PassArguments) throws {
    let names = Self.declaration.options.map(\.name)
    parts = Set(names.filter(arguments.flag))
    guard !parts.isEmpty else {
      throw Failure(PassReason.missing(option: "head", pass: Self.declaration.name))
    }
    for name in ["mlm", "nsp"] where parts.contains("head") && parts.contains(name) {
      throw Failure(PassReason.conflict("head", name))
    }
  }

  package func apply(to checkpoint: Checkpoint, in context: PassContext) throws -> Checkpoint {
    guard checkpoint.architecture != .unknown else { throw Failure(PassReason.unknownModel) }
    var result = checkpoint
    let former = checkpoint.architecture.head
    for part in ["head", "mlm", "nsp"] where parts.contains(part) {
      result.architecture = try result.architecture.without(part)
      let count = result.parameters.count
      result.parameters.removeAll { Self.belongs($0.role.module, to: part) }
      guard result.parameters.count < count else { throw Self.absent(part) }
    }
    if parts.contains("pooler") { try dropPooler(of: &result) }
    if parts.contains("buffers") {
      guard !result.buffers.isEmpty else { throw Self.absent("buffers") }
      result.buffers = []
    }
    if parts.contains("unmapped") {
      guard !result.unmapped.isEmpty else { throw Self.absent("unmapped tensors") }
      result.unmapped = []
      result.diagnostics.removeAll { $0.code == .unmapped }
    }
    if result.architecture.head != former {
      result.copies.removeAll { copy in !result.parameters.contains { $0.role == copy.role } }
      result.configuration = try checkpoint.configuration?.naming(result.architecture)
    }
    result.isRewritten = true
    return result
  }

  private static func belongs(_ module: Module, to part: String) -> Bool {
    guard case .head(let head) = module else { return false }
    switch part {
    case "mlm":
      return [.maskedTransform, .maskedNorm, .maskedDecoder, .maskedDecoderCopy].contains(head)
    case "nsp": return head == .nextSentence
    default: return true
    }
  }

  private func dropPooler(of checkpoint: inout Checkpoint) throws {
    let isNeeded = checkpoint.architecture.requirements.contains {
      $0.role.module == .pooler && !$0.isOptional
    }
    guard !isNeeded else {
      throw Failure(
        PassReason.unfit(
          pass: Self.declaration.name,
          why: "the head, \(checkpoint.architecture.head.rawValue), reads the pooler"))
    }
    let count = checkpoint.parameters.count
    checkpoint.parameters.removeAll { $0.role.module == .pooler }
    guard checkpoint.parameters.count < count else { throw Self.absent("pooler") }
  }

  fileprivate static func absent(_ part: String) -> Failure {
    let names = ["mlm": "masked language model", "nsp": "prediction of sentences"]
    return Failure(
      PassReason.unfit(
        pass: declaration.name, why: "the model has no \(names[part] ?? part)"))
  }
}

extension Architecture {
  /// The architecture with its head taken off, or one of the two of pre-training.
  fileprivate func without(_ part: String) throws -> Architecture {
    switch self {
    case .encoder(var encoder):
      encoder.head = try encoder.head.without(part)
      if !encoder.head.hasLabels { encoder.labels = [] }
      return .encoder(encoder)
    case .bilstm(var student):
      guard part == "head", student.classes != nil else { throw Drop.absent(part) }
      (student.classes, student.labels) = (nil, [])
      return .bilstm(student)
    case .unknown: throw Drop.absent(part)
    }
  }
}

extension Head {
  fileprivate func without(_ part: String) throws -> Head {
    switch (part, self) {
    case ("head", let head) where head != .none: .none
    case ("mlm", .preTraining): .nextSentence
    case ("nsp", .preTraining): .maskedLanguageModel
    case ("mlm", .maskedLanguageModel), ("nsp", .nextSentence): .none
    default: throw Drop.absent(part)
    }
  }

  fileprivate var hasLabels: Bool {
    switch self {
    case .sequenceClassification, .tokenClassification, .multipleChoice: true
    default: false
    }
  }
}

extension Configuration {
  /// The configuration of a model with another head, without what only the former had.
  fileprivate func naming(_ architecture: Architecture) throws -> Configuration {
    var result = self
    if document["architectures"] != nil, let name = architecture.className {
      result = try result.setting("architectures", to: [.string(name)])
    }
    for key in ["id2label", "label2id", "problem_type"] where architecture.labels.isEmpty {
      result = try result.setting(key, to: nil)
    }
    return result
  }
}
