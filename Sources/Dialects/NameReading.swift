import Checkpoints
import Tensors

/// The tensors of a container, sorted by what a dialect makes of their names.
struct NameReading {
  var parameters: [Role: Parameter] = [:]
  /// Tensors whose role another one has already, in the order of the container.
  var rivals: [Rival] = []
  var copies: [StoredCopy] = []
  var addends: [StoredCopy] = []
  var buffers: [StoredBuffer] = []
  /// In the order of the container, those last that were found to be unfit.
  var unmapped: [NamedTensor] = []
  /// As ``EncoderArchitecture/groupSize``.
  let groupSize: Int
  /// Tensors that are to be added to others.
  private var summands: [Parameter] = []
  private var unknownNames: [String] = []
  private var trainingVariables = 0
  private var unfit: [Diagnostic] = []

  /// A further tensor of a role.
  struct Rival {
    var parameter: Parameter
    /// Whether the dialect says that it is a copy; otherwise there are two names for one role.
    var isCopy: Bool
  }

  init(_ container: Container, by dialect: any Dialect) {
    let meanings = dialect.meanings(of: container.tensors.map(\.name))
    groupSize = meanings.groupSize
    for (tensor, meaning) in zip(container.tensors, meanings.each) {
      switch meaning {
      case .parameter(let role, let layout): add(tensor, role, layout, isCopy: false)
      case .copy(let role, let layout): add(tensor, role, layout, isCopy: true)
      case .addend(let role, let layout):
        if let summand = parameter(tensor, role, layout) { summands.append(summand) }
      case .buffer(let buffer):
        buffers.append(StoredBuffer(buffer, name: tensor.name, tensor: tensor.tensor))
      case nil where tensor.isTrainingVariable: trainingVariables += 1
      case nil:
        unknownNames.append(tensor.name)
        unmapped.append(tensor)
      }
    }
    promoteLoneCopies()
    sumUp()
  }

  private mutating func add(
    _ tensor: NamedTensor, _ role: Role, _ layout: Layout, isCopy: Bool
  ) {
    guard let parameter = parameter(tensor, role, layout) else { return }
    if isCopy || parameters[role] != nil {
      rivals.append(Rival(parameter: parameter, isCopy: isCopy))
    } else {
      parameters[role] = parameter
    }
  }

  /// The parameter that a tensor is; nil, and said, where it cannot be.
  private mutating func parameter(
    _ tensor: NamedTensor, _ role: Role, _ layout: Layout
  ) -> Parameter? {
    guard let logical = layout.logical(tensor.tensor), logical.shape.rank == role.rank else {
      unfit.append(
        Diagnostic(
          .error, .shape,
          "\(role) cannot be of shape \(tensor.tensor.shape) in elements of"
            + " \(tensor.tensor.elementType.rawValue); carried as unknown", tensor: tensor.name))
      unmapped.append(tensor)
      return nil
    }
    let storage = layout == .asIs ? tensor.storage : nil
    return Parameter(
      role: role, name: tensor.name, storage: storage ?? .dense(logical), shape: logical.shape,
      stored: tensor.tensor, layout: layout)
  }

  /// Makes copies of which there is no original the original.
  private mutating func promoteLoneCopies() {
    rivals.removeAll { rival in
      let isLone = parameters[rival.parameter.role] == nil
      if isLone { parameters[rival.parameter.role] = rival.parameter }
      return isLone
    }
  }

  /// Adds tensors to the parameters that they are a part of; a part without a whole is the whole.
  private mutating func sumUp() {
    for summand in summands {
      guard let whole = parameters[summand.role] else {
        parameters[summand.role] = summand
        continue
      }
      guard let sum = whole.adding(summand) else {
        unfit.append(
          Diagnostic(
            .error, .shape,
            "cannot be added to '\(printable(whole.name))', which is \(whole.shape) of"
              + " \(whole.elementType.rawValue); carried as unknown", tensor: summand.name))
        unmapped.append(NamedTensor(summand.name, summand.stored))
        continue
      }
      parameters[summand.role] = sum
      addends.append(StoredCopy(summand.role, name: summand.name, tensor: summand.stored))
    }
    summands = []
  }

  /// What is to be said about tensors that are no parameters.
  func diagnostics(dialect: any Dialect) -> [Diagnostic] {
    var diagnostics = unfit
    if !unknownNames.isEmpty {
      diagnostics.append(
        Diagnostic(
          .warning, .unmapped,
          "not known to the dialect '\(dialect.name)': \(listing(unknownNames))",
          tensor: unknownNames.count == 1 ? unknownNames[0] : nil))
    }
    if !addends.isEmpty {
      diagnostics.append(
        Diagnostic(
          .note, .sum,
          "only ever added to another, so counted with it: \(listing(addends.map(\.name)))"))
    }
    diagnostics += buffers.map {
      Diagnostic(
        .note, .buffer, "a buffer (\($0.buffer.rawValue)), which the model makes anew",
        tensor: $0.name)
    }
    return diagnostics + Dialects.trainingDiagnostics(trainingVariables)
  }
}

extension Parameter {
  /// The parameter with another's values added to its own; nil where they are not of the same kind.
  fileprivate func adding(_ other: Parameter) -> Parameter? {
    guard shape == other.shape, elementType == other.elementType, elementType.isFloat,
      elementType.byteWidth != nil
    else { return nil }
    var sum = self
    let both = Storage.sum(
      .dense(storage.tensor(of: shape, as: elementType)),
      .dense(other.storage.tensor(of: shape, as: elementType)))
    sum.storage = .dense(both.tensor(of: shape, as: elementType))
    return sum
  }
}

extension Role {
  /// The rank of the dense parameter.
  var rank: Int {
    switch (module, kind) {
    case (.embedding(.norm), _), (.layer(_, .attentionNorm), _), (.layer(_, .outputNorm), _),
      (.head(.maskedNorm), _), (_, .bias):
      1
    default: 2
    }
  }
}
